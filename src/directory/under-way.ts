import type { GatewayError } from '../errors.ts';
import { type LookUp, lookUpKey, type Subject, settle } from './look-up.ts';
import type { NameSet } from './person-name.ts';

/** Look-ups that have no answer yet, over all identities. */
export interface UnderWay {
  /** The newest of this identifier. */
  get(subject: Subject, id: string): LookUp | undefined;
  /** From here on it is the newest of its identifier. */
  add(lookUp: LookUp): void;
  /** To be called when there is nothing to wait for any more. Where a newer one has taken its place, that one stays. */
  forget(lookUp: LookUp): void;
  /** Nobody joins those of these identifiers that have left already. Whoever waits for them goes on waiting. */
  closeSent(names: NameSet): void;
  /** Those of one identity that wait for a call. */
  queuedOf(identity: string): LookUp[];
  /** Gives all of them this answer. */
  settleAll(result: GatewayError): void;
}

export function createUnderWay(): UnderWay {
  const newest = new Map<string, LookUp>();
  /** With those that a fresh look-up of the same identifier has overtaken. */
  const all = new Set<LookUp>();
  const keyOf = ({ subject, id }: LookUp) => lookUpKey(subject, id);

  return {
    get: (subject, id) => newest.get(lookUpKey(subject, id)),
    add(lookUp) {
      all.add(lookUp);
      newest.set(keyOf(lookUp), lookUp);
    },
    forget(lookUp) {
      all.delete(lookUp);
      if (newest.get(keyOf(lookUp)) === lookUp) newest.delete(keyOf(lookUp));
    },
    closeSent(names) {
      for (const [key, { subject, id, state }] of newest) {
        if (state === 'sent' && names.means(subject, id)) newest.delete(key);
      }
    },
    queuedOf: (identity) =>
      [...all].filter(({ subject, state }) => subject.identity === identity && state === 'queued'),
    settleAll(result) {
      for (const lookUp of all) settle(lookUp, result);
      all.clear();
      newest.clear();
    },
  };
}
