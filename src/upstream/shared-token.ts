import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../policies/clock.ts';
import type { PluginTokenLife, TokenStore } from './token-store.ts';

export interface SharedTokenOptions {
  store: TokenStore;
  /** Asks the user API for a new token. */
  fetchToken(signal: AbortSignal): Promise<PluginTokenLife>;
  /** How long asking may take, in milliseconds: so long nobody else asks. */
  timeoutMs: number;
  /** Whether the user API has refused this token: others may still share it. */
  isRefused(token: string): boolean;
  clock: Clock;
}

/** How often to look whether whoever asks has got the token. */
const LOOK_AGAIN_MS = 50;
/** So often in a row the store may fail before each asks for itself: it may stand still for a moment only. */
const MOST_FAILURES = 3;

/**
 * Gets a token of which others may know: one of them asks the user API, the others take what it got. Where the store is away, each
 * asks for itself.
 *
 * @returns one that is not due for renewal, and not refused.
 * @throws what asking fails with; the signal's reason where that aborts.
 */
export async function getSharedToken(options: SharedTokenOptions, signal: AbortSignal): Promise<PluginTokenLife> {
  const { store, fetchToken, timeoutMs, isRefused, clock } = options;
  const isUsable = ({ token, renewAt }: PluginTokenLife) => !isRefused(token) && clock() < renewAt;
  let failures = 0;
  while (!signal.aborted) {
    const known = await orAway(store.read());
    if (known && known !== AWAY && isUsable(known)) return known;
    const unlock = known === AWAY ? AWAY : await orAway(store.lock(timeoutMs));
    failures = unlock === AWAY ? failures + 1 : 0;
    if (failures >= MOST_FAILURES) return fetchToken(signal);
    if (unlock && unlock !== AWAY) return fetchForAll(unlock);
    await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => {});
  }
  throw signal.reason;

  async function fetchForAll(unlock: () => Promise<void>): Promise<PluginTokenLife> {
    try {
      // Whoever had the lock before may have brought it.
      const known = await orAway(store.read());
      if (known && known !== AWAY && isUsable(known)) return known;
      const life = await fetchToken(signal);
      await keep(life);
      return life;
    } finally {
      void orAway(unlock());
    }
  }

  /** What is not kept, the next would ask for once more. */
  async function keep(life: PluginTokenLife): Promise<void> {
    for (let tries = 0; tries < MOST_FAILURES; tries++) {
      if ((await orAway(store.write(life))) !== AWAY) return;
    }
  }
}

const AWAY = Symbol('away');

const orAway = <T>(answer: Promise<T>): Promise<T | typeof AWAY> => answer.catch(() => AWAY);
