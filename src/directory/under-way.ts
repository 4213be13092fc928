import type { GatewayError } from '../errors.ts';
import { settle } from './answers.ts';
import type { LookUp, Subject } from './look-up.ts';
import type { NameSet } from './person-name.ts';

/** Look-ups that have no answer yet, over all identities. */
export interface UnderWay {
  /** The newest of each identifier of this subject; `undefined` where there are none. */
  of(subject: Subject): ReadonlyMap<string, LookUp> | undefined;
  /** From here on it is the newest of its identifier. */
  add(lookUp: LookUp): void;
  /** To be called when there is nothing to wait for any more. Where a newer one has taken its place, that one stays. */
  forget(lookUp: LookUp): void;
  /** Nobody joins those of these identifiers that have left already. Whoever waits for them goes on waiting. */
  closeSent(names: NameSet): void;
  /** All that match. */
  filter(isMeant: (lookUp: LookUp) => boolean): LookUp[];
  /** Gives all of them this answer. */
  settleAll(result: GatewayError): void;
}

export function createUnderWay(): UnderWay {
  const bySubject = new Map<string, Map<string, LookUp>>();
  /** Those that nobody joins: a fresh look-up of the same identifier has taken their place, or nothing has. */
  const overtaken = new Set<LookUp>();

  return {
    of: ({ key }) => bySubject.get(key),
    add(lookUp) {
      const { subject, id } = lookUp;
      let own = bySubject.get(subject.key);
      if (!own) {
        own = new Map();
        bySubject.set(subject.key, own);
      }
      const earlier = own.get(id);
      if (earlier) overtake(earlier);
      own.set(id, lookUp);
      lookUp.isNewest = true;
    },
    forget(lookUp) {
      if (!lookUp.isNewest) {
        overtaken.delete(lookUp);
        return;
      }
      lookUp.isNewest = false;
      remove(lookUp);
    },
    closeSent(names) {
      for (const own of bySubject.values()) {
        for (const lookUp of own.values()) {
          if (lookUp.state !== 'sent' || !names.means(lookUp.subject, lookUp.id)) continue;
          overtake(lookUp);
          remove(lookUp);
        }
      }
    },
    filter: (isMeant) => all().filter(isMeant),
    settleAll(result) {
      const lookUps = all();
      overtaken.clear();
      bySubject.clear();
      for (const lookUp of lookUps) {
        lookUp.isNewest = false;
        settle(lookUp, result);
      }
    },
  };

  function overtake(lookUp: LookUp): void {
    lookUp.isNewest = false;
    overtaken.add(lookUp);
  }

  function remove({ subject, id }: LookUp): void {
    const own = bySubject.get(subject.key);
    if (own?.delete(id) && own.size === 0) bySubject.delete(subject.key);
  }

  function all(): LookUp[] {
    return [...overtaken, ...Array.from(bySubject.values(), (own) => [...own.values()]).flat()];
  }
}
