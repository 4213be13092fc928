import type { Clock } from '../policies/clock.ts';
import { createRateLimitStore, type RateLimitStore } from '../policies/rate-limit-store.ts';
import { MAX_BACKOFF_MS, WINDOW_MS } from '../policies/rate-limiter.ts';
import { MAX_SKEW_MS } from '../policies/skew.ts';
import type { RedisConnection } from './connection.ts';
import type { KeyNames } from './key-names.ts';
import { PAUSE, RESERVE, runScript } from './scripts.ts';

export interface RedisRateLimitStoreOptions {
  connection: RedisConnection;
  /** The keys of this credential. */
  keys: ReturnType<KeyNames['quota']>;
  callsPerSecond: number;
  /** Names this gateway. */
  replica: string;
  replicas(): number;
  clock: Clock;
}

/** A reservation that is abandoned earlier is lost for all gateways, even if the reply comes soon after. Later it is too old to be used. */
const RESERVED_WITHIN_MS = 250;
/** Tolerance between the clocks: a reply may take so long. */
const SLACK_MS = RESERVED_WITHIN_MS;
/** After that, the clocks may have drifted further. */
const LATEST_COUNTS_MS = 60_000;

const micros = (ms: number) => Math.round(ms * 1_000);

/** The calls of all gateways, in Redis, on the clock of the server. */
export function createRedisRateLimitStore(options: RedisRateLimitStoreOptions): RateLimitStore {
  const { connection, keys, callsPerSecond, replica, replicas, clock } = options;
  let made = 0;
  /** The latest reservation, which the script compares with the state of the store. */
  let latest: { readonly since: string; readonly leaveAt: number; readonly at: number } | undefined;

  return createRateLimitStore(
    {
      async reserve() {
        const number = made++;
        const id = `${replica}:${number}`;
        const times = [micros(WINDOW_MS), micros(MAX_SKEW_MS), micros(MAX_BACKOFF_MS)];
        const requestedAt = clock();
        const known = latest && requestedAt < latest.at + LATEST_COUNTS_MS ? latest : undefined;
        const knows = known ? [known.since, known.leaveAt, micros(requestedAt - known.at), micros(SLACK_MS)] : [];
        let reserved: Promise<unknown> | undefined;
        const reply = await connection
          .run(
            'quota',
            (client) => {
              reserved = runScript(
                client,
                RESERVE,
                [keys.calls, keys.state],
                [replica, number, callsPerSecond, ...times, ...knows],
              );
              return reserved;
            },
            RESERVED_WITHIN_MS,
          )
          .catch((error) => {
            // A late reply has reserved a call all the same.
            void reserved?.then(() => release(id)).catch(() => {});
            throw error;
          });
        const [now, leaveAt, inUse, limit, contenders, pausedUntil, since] = reply as Reply;
        latest = { since, leaveAt, at: requestedAt + (leaveAt - now) / 1_000 };
        return {
          id,
          now: now / 1_000,
          leaveAt: leaveAt / 1_000,
          inUse,
          limit: limit / 1_000,
          contenders,
          pausedUntil: pausedUntil / 1_000,
        };
      },
      confirm(id, arrivedBy) {
        attempt((client) => client.zadd(keys.calls, 'XX', micros(arrivedBy), id));
      },
      release,
      penalise(retryAfterMs) {
        const args = [micros(retryAfterMs), callsPerSecond, micros(MAX_BACKOFF_MS)];
        attempt((client) => runScript(client, PAUSE, [keys.state], args));
      },
      reachableSince: connection.upSince,
      replicas,
    },
    clock,
  );

  function release(id: string): void {
    attempt((client) => client.zrem(keys.calls, id));
  }

  /** Where it fails, the call counts longer than necessary: the safe side. */
  function attempt(command: Parameters<RedisConnection['run']>[1]): void {
    connection.run('quota', command).catch(() => {});
  }
}

type Reply = [
  now: number,
  leaveAt: number,
  inUse: number,
  limit: number,
  contenders: number,
  pausedUntil: number,
  since: string,
];
