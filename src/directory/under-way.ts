import type { GatewayError } from '../errors.ts';
import { settle } from './answers.ts';
import type { Bundle } from './bundles/bundle.ts';
import { type BundleList, createBundleIndex } from './bundles/bundle-index.ts';
import type { LookUp, Subject } from './look-up.ts';
import type { NameSet } from './person-name.ts';

/** Look-ups that have no answer yet, over all identities. */
export interface UnderWay {
  /** True where there is one of this identifier, be it in a bundle. @param code that of the identifier, where it is known. */
  has(subject: Subject, id: string, code?: number): boolean;
  /** The newest of this identifier. Where it is in a bundle, that dissolves. @param code that of the identifier, where it is known. */
  find(subject: Subject, id: string, code?: number): LookUp | undefined;
  /** From here on it is the newest of its identifier. */
  add(lookUp: LookUp): void;
  /** For identifiers of which none is under way. */
  addBundles(list: BundleList): void;
  /**
   * To be called for one that needs another call.
   * @returns a newer one of its identifier; where there is none, it is the newest from then on.
   */
  renew(lookUp: LookUp): LookUp | undefined;
  /** To be called when there is nothing to wait for any more. It must be whole. */
  forgetBundle(bundle: Bundle): void;
  /** To be called when a bundle has dissolved into these. */
  replaceBundle(bundle: Bundle, lookUps: readonly LookUp[]): void;
  /** To be called when there is nothing to wait for any more. Where a newer one has taken its place, that one stays. */
  forget(lookUp: LookUp): void;
  /** Nobody joins those of these identifiers that have left already. Whoever waits for them goes on waiting. All bundles dissolve. */
  closeSent(names: Pick<NameSet, 'means'>): void;
  /** All that are in no call: queued, or between two calls. Where they are in bundles, these dissolve. @param identity of this one only. @default of all */
  queued(identity?: string): LookUp[];
  /** Gives all of them this answer. */
  settleAll(result: GatewayError): void;
}

export function createUnderWay(): UnderWay {
  const bySubject = new Map<string, Map<string, LookUp>>();
  const bundles = createBundleIndex();
  /** Those that nobody joins: a newer look-up of the same identifier has taken their place, or nothing has. */
  const overtaken = new Set<LookUp>();

  return {
    has: (subject, id, code) =>
      (bySubject.get(subject.key)?.has(id) ?? false) || bundles.find(subject, id, code) !== undefined,
    find,
    add(lookUp) {
      const { subject, id } = lookUp;
      const earlier = find(subject, id);
      if (earlier) overtake(earlier);
      ownOf(subject).set(id, lookUp);
      lookUp.isNewest = true;
    },
    renew(lookUp) {
      if (lookUp.isNewest) return undefined;
      const { subject, id } = lookUp;
      const newer = find(subject, id);
      if (newer) return newer;
      overtaken.delete(lookUp);
      ownOf(subject).set(id, lookUp);
      lookUp.isNewest = true;
      return undefined;
    },
    addBundles: bundles.add,
    forgetBundle: bundles.remove,
    replaceBundle(bundle, lookUps) {
      bundles.remove(bundle);
      for (const lookUp of lookUps) {
        ownOf(lookUp.subject).set(lookUp.id, lookUp);
        lookUp.isNewest = true;
      }
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
      dissolveAll();
      for (const lookUp of newest()) {
        if (lookUp.state !== 'sent' || !names.means(lookUp.subject, lookUp.id)) continue;
        overtake(lookUp);
        remove(lookUp);
      }
    },
    queued(identity) {
      const isMeant = ({ subject }: LookUp | Bundle) => identity === undefined || subject.identity === identity;
      for (const bundle of bundles.all()) if (!bundle.call && isMeant(bundle)) bundle.dissolve();
      return [...overtaken, ...newest()].filter(
        (lookUp) => (lookUp.state === 'queued' || lookUp.call === undefined) && isMeant(lookUp),
      );
    },
    settleAll(result) {
      dissolveAll();
      const lookUps = [...overtaken, ...newest()];
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

  function ownOf({ key }: Subject): Map<string, LookUp> {
    const known = bySubject.get(key);
    if (known) return known;
    const own = new Map<string, LookUp>();
    bySubject.set(key, own);
    return own;
  }

  function find(subject: Subject, id: string, code?: number): LookUp | undefined {
    const { key } = subject;
    const known = bySubject.get(key)?.get(id);
    if (known) return known;
    bundles.find(subject, id, code)?.dissolve();
    return bySubject.get(key)?.get(id);
  }

  function dissolveAll(): void {
    for (const bundle of bundles.all()) bundle.dissolve();
  }

  /** Without those that are in bundles. */
  function newest(): LookUp[] {
    return Array.from(bySubject.values(), (own) => [...own.values()]).flat();
  }
}
