import type { Clock } from '../policies/clock.ts';
import { createRateLimitStore, type RateLimitStore } from '../policies/rate-limit-store.ts';
import { MAX_BACKOFF_MS, WINDOW_MS } from '../policies/rate-limiter.ts';
import { MAX_SKEW_MS } from '../policies/skew.ts';
import type { RedisConnection } from './connection.ts';
import type { KeyNames } from './key-names.ts';
import { PAUSE, RESERVE, runScript } from './scripts.ts';

export interface RedisRateLimitStoreOptions {
  connection: RedisConnection;
  /** Where the calls with this credential are kept. */
  keys: ReturnType<KeyNames['quota']>;
  callsPerSecond: number;
  /** Names this gateway. */
  replica: string;
  replicas(): number;
  clock: Clock;
}

/** The turn of whoever gives up earlier is lost for all, however soon the answer comes then. After that it is too late to be used. */
const RESERVED_WITHIN_MS = 250;
/** How far what two clocks tell of the same time may be apart: an answer may take so long. */
const SLACK_MS = RESERVED_WITHIN_MS;
/** After that they have drifted further. */
const LATEST_COUNTS_MS = 60_000;

const micros = (ms: number) => Math.round(ms * 1_000);

/** The calls of all gateways, in Redis, on the clock of the server. */
export function createRedisRateLimitStore(options: RedisRateLimitStoreOptions): RateLimitStore {
  const { connection, keys, callsPerSecond, replica, replicas, clock } = options;
  let made = 0;
  /** The latest call that was reserved: whether the log still knows of it is for the log to say. */
  let latest: { readonly since: string; readonly leaveAt: number; readonly at: number } | undefined;

  return createRateLimitStore(
    {
      async reserve() {
        const number = made++;
        const id = `${replica}:${number}`;
        const times = [micros(WINDOW_MS), micros(MAX_SKEW_MS), micros(MAX_BACKOFF_MS)];
        const askedAt = clock();
        const known = latest && askedAt < latest.at + LATEST_COUNTS_MS ? latest : undefined;
        const knows = known ? [known.since, known.leaveAt, micros(askedAt - known.at), micros(SLACK_MS)] : [];
        let reserved: Promise<unknown> | undefined;
        const answer = await connection
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
            // What is answered too late has been reserved all the same.
            void reserved?.then(() => release(id)).catch(() => {});
            throw error;
          });
        const [now, leaveAt, inUse, limit, contenders, pausedUntil, since] = answer as Answer;
        latest = { since, leaveAt, at: askedAt + (leaveAt - now) / 1_000 };
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

  /** Where it fails, the call counts longer than it has to: on the safe side. */
  function attempt(command: Parameters<RedisConnection['run']>[1]): void {
    connection.run('quota', command).catch(() => {});
  }
}

type Answer = [
  now: number,
  leaveAt: number,
  inUse: number,
  limit: number,
  contenders: number,
  pausedUntil: number,
  since: string,
];
