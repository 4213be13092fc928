import type { Clock } from '../policies/clock.ts';
import { MOST_LATENESS_MS } from '../policies/lateness.ts';
import { LONGEST_PAUSE_MS, WINDOW_MS } from '../policies/quota.ts';
import { createSlotLog, type SlotLog } from '../policies/slot-log.ts';
import type { RedisConnection } from './connection.ts';
import type { KeyNames } from './key-names.ts';
import { PAUSE, RESERVE, runScript } from './scripts.ts';

export interface RedisSlotLogOptions {
  connection: RedisConnection;
  /** Where the calls with this credential are kept. */
  keys: ReturnType<KeyNames['quota']>;
  callsPerSecond: number;
  /** Names this gateway. */
  replica: string;
  replicas(): number;
  clock: Clock;
}

const micros = (ms: number) => Math.round(ms * 1_000);

/** The calls of all gateways, in Redis, on the clock of the server. */
export function createRedisSlotLog(options: RedisSlotLogOptions): SlotLog {
  const { connection, keys, callsPerSecond, replica, replicas, clock } = options;
  let made = 0;

  return createSlotLog(
    {
      async reserve() {
        const number = made++;
        const id = `${replica}:${number}`;
        const times = [micros(WINDOW_MS), micros(MOST_LATENESS_MS), micros(LONGEST_PAUSE_MS)];
        let reserved: Promise<unknown> | undefined;
        const answer = await connection
          .run('quota', (client) => {
            reserved = runScript(
              client,
              RESERVE,
              [keys.calls, keys.state],
              [replica, number, callsPerSecond, ...times],
            );
            return reserved;
          })
          .catch((error) => {
            // What is answered too late has been reserved all the same.
            void reserved?.then(() => giveBack(id)).catch(() => {});
            throw error;
          });
        const [now, leaveAt, inUse, limit, contenders, pausedUntil] = answer as Answer;
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
      settle(id, arrivedBy) {
        attempt((client) => client.zadd(keys.calls, 'XX', micros(arrivedBy), id));
      },
      giveBack,
      pause(retryAfterMs) {
        const args = [micros(retryAfterMs), callsPerSecond, micros(LONGEST_PAUSE_MS)];
        attempt((client) => runScript(client, PAUSE, [keys.state], args));
      },
      reachableSince: connection.upSince,
      replicas,
    },
    clock,
  );

  function giveBack(id: string): void {
    attempt((client) => client.zrem(keys.calls, id));
  }

  /** Where it fails, the call counts longer than it has to: on the safe side. */
  function attempt(command: Parameters<RedisConnection['run']>[1]): void {
    connection.run('quota', command).catch(() => {});
  }
}

type Answer = [now: number, leaveAt: number, inUse: number, limit: number, contenders: number, pausedUntil: number];
