import type { Clock } from '../policies/clock.ts';
import { RedisAway, type RedisConnection, RedisSilent } from './connection.ts';
import { BEAT, runScript } from './scripts.ts';

/** Tells Redis every second that this gateway is there, and learns how many others are, and what time it is over there. */
export interface Heartbeat {
  /** Gateways that have been there of late, this one included; `undefined` before the first answer. */
  replicas(): number | undefined;
  /** What the clock of the server shows at a moment of this process, in milliseconds; `undefined` before the first answer. */
  serverTimeAt(at: number): number | undefined;
  /** The other way round. */
  localTimeAt(serverTime: number): number | undefined;
  /** Resolves after the first beat that was answered. */
  readonly first: Promise<void>;
  /** Takes this gateway off the list. */
  stop(): Promise<void>;
}

export interface HeartbeatOptions {
  connection: RedisConnection;
  /** The key of the list. */
  key: string;
  /** Names this gateway. */
  replica: string;
  clock: Clock;
}

const EVERY_MS = 1_000;
/** While Redis is away: back soon is better than going by a share while others have never noticed. */
const AWAY_EVERY_MS = 100;
/** Whoever has not been heard of for so long is gone. */
const LASTS_MS = 3_500;

export function createHeartbeat({ connection, key, replica, clock }: HeartbeatOptions): Heartbeat {
  let latest: { replicas: number; aheadMs: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let tellFirst = () => {};
  const first = new Promise<void>((resolve) => {
    tellFirst = resolve;
  });
  void beat();

  return {
    replicas: () => latest?.replicas,
    serverTimeAt: (at) => latest && at + latest.aheadMs,
    localTimeAt: (serverTime) => latest && serverTime - latest.aheadMs,
    first,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await connection.run('heartbeat', (client) => client.zrem(key, replica)).catch(() => {});
    },
  };

  async function beat(): Promise<void> {
    const startedAt = clock();
    try {
      const answer = await connection.run('heartbeat', (client) => {
        // What cannot be sent would not be answered either.
        if (client.status !== 'ready') throw new RedisAway();
        return runScript(client, BEAT, [key], [replica, LASTS_MS * 1_000]);
      });
      const [now, replicas] = answer as [number, number];
      latest = { replicas, aheadMs: now / 1_000 - (startedAt + clock()) / 2 };
      connection.noteBeat('answered');
      tellFirst();
    } catch (error) {
      const isSilent = error instanceof RedisSilent || error instanceof RedisAway;
      connection.noteBeat(isSilent ? 'silent' : 'refused');
    }
    if (isStopped) return;
    timer = setTimeout(() => void beat(), connection.upSince() === undefined ? AWAY_EVERY_MS : EVERY_MS);
    timer.unref();
  }
}
