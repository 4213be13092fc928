import type { GatewayError } from '../errors.ts';
import { type LookUp, lookUpKey, type Subject, settle } from './look-up.ts';

/** The newest look-up of each identifier that has no answer yet, over all identities. */
export interface UnderWay {
  get(subject: Subject, id: string): LookUp | undefined;
  /** From here on it is the newest of its identifier. */
  add(lookUp: LookUp): void;
  /** To be called when there is nothing to wait for any more. Where a newer one has taken its place, that one stays. */
  forget(lookUp: LookUp): void;
  /** Those of one identity that wait for a call. */
  queuedOf(identity: string): LookUp[];
  /** Gives all of them this answer. */
  settleAll(result: GatewayError): void;
}

export function createUnderWay(): UnderWay {
  const byKey = new Map<string, LookUp>();
  const keyOf = ({ subject, id }: LookUp) => lookUpKey(subject, id);

  return {
    get: (subject, id) => byKey.get(lookUpKey(subject, id)),
    add(lookUp) {
      byKey.set(keyOf(lookUp), lookUp);
    },
    forget(lookUp) {
      if (byKey.get(keyOf(lookUp)) === lookUp) byKey.delete(keyOf(lookUp));
    },
    queuedOf: (identity) =>
      [...byKey.values()].filter(({ subject, state }) => subject.identity === identity && state === 'queued'),
    settleAll(result) {
      for (const lookUp of byKey.values()) settle(lookUp, result);
      byKey.clear();
    },
  };
}
