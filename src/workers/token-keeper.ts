import type { Clock } from '../policies/clock.ts';
import type { PluginTokenLife } from '../upstream/plugin-token.ts';
import type { TokenOnItsWay } from './protocol.ts';

/** The one token of all workers, and the right to get the next. */
export interface TokenKeeper {
  read(): TokenOnItsWay | undefined;
  write(life: TokenOnItsWay): void;
  /** @returns what to unlock with; `undefined` where another has the right. */
  lock(owner: string, forMs: number): string | undefined;
  unlock(lock: string): void;
  /** This owner is gone, and with it whatever it had locked. */
  release(owner: string): void;
}

export function createTokenKeeper(clock: Clock): TokenKeeper {
  let kept: PluginTokenLife | undefined;
  let held: { id: string; owner: string; until: number } | undefined;
  let locks = 0;

  return {
    read() {
      const now = clock();
      if (!kept || kept.endsAt <= now) return undefined;
      const { token, startedAt, endsAt, renewAt } = kept;
      return { token, ageMs: now - startedAt, endsInMs: endsAt - now, renewInMs: renewAt - now };
    },
    write({ token, ageMs, endsInMs, renewInMs }) {
      const now = clock();
      kept = { token, startedAt: now - ageMs, endsAt: now + endsInMs, renewAt: now + renewInMs };
    },
    lock(owner, forMs) {
      const now = clock();
      if (held && now < held.until) return undefined;
      held = { id: `${owner}:${locks++}`, owner, until: now + forMs };
      return held.id;
    },
    unlock(lock) {
      if (held?.id === lock) held = undefined;
    },
    release(owner) {
      if (held?.owner === owner) held = undefined;
    },
  };
}
