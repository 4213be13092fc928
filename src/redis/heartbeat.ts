import type { Clock } from '../policies/clock.ts';
import { RedisAway, type RedisConnection, RedisSilent } from './connection.ts';
import type { KeyNames } from './key-names.ts';
import { BEAT, runScript } from './scripts.ts';

/** Tells Redis every second that this gateway is there, and learns how many others are, and what time it is over there. */
export interface Heartbeat {
  /** Gateways that have been there of late, this one included; `undefined` before the first answer. */
  replicas(): number | undefined;
  /** What the clock of the server shows at a moment of this process, in milliseconds; `undefined` before the first answer. */
  serverTimeAt(at: number): number | undefined;
  /** The other way round. */
  localTimeAt(serverTime: number): number | undefined;
  /**
   * Since when the others have counted this gateway without a break, on the clock of this process: since then nobody was told that
   * somebody is forgotten everywhere unless this gateway has said so, or has just been started.
   */
  countedSince(): number;
  /** The mark of what was told to all: another one where it was lost. `undefined` before the first answer. */
  mark(): string | undefined;
  /**
   * Since when it is known whom to forget, on the clock of the server, in milliseconds: whoever was kept before that may have been
   * forgotten. `undefined` before the first answer.
   */
  toldSince(): number | undefined;
  /** That of the list of tenants. */
  tenantsMark(): string | undefined;
  /** Resolves after the first beat that was answered. */
  readonly first: Promise<void>;
  /** Takes this gateway off the list. */
  stop(): Promise<void>;
}

export interface HeartbeatOptions {
  connection: RedisConnection;
  keys: Pick<KeyNames, 'replicas' | 'forgotten' | 'tenants'>;
  /** How long what was told to all is kept, and the tenants, in milliseconds. */
  keepMs: number;
  /** Names this gateway. */
  replica: string;
  clock: Clock;
}

const EVERY_MS = 1_000;
/** While Redis is away: back soon is better than going by a share while others have never noticed. */
const AWAY_EVERY_MS = 100;
/** Whoever has not been heard of for so long is gone. */
const LASTS_MS = 3_500;

export function createHeartbeat({ connection, keys, keepMs, replica, clock }: HeartbeatOptions): Heartbeat {
  let latest: { replicas: number; aheadMs: number; mark: string; toldSince: number; tenantsMark: string } | undefined;
  let countedSince = clock();
  let beganAt = countedSince;
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
    countedSince: () => countedSince,
    mark: () => latest?.mark,
    toldSince: () => latest?.toldSince,
    tenantsMark: () => latest?.tenantsMark,
    first,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await connection.run('heartbeat', (client) => client.zrem(keys.replicas, replica)).catch(() => {});
    },
  };

  async function beat(): Promise<void> {
    const startedAt = clock();
    try {
      const answer = await connection.run('heartbeat', (client) => {
        // What cannot be sent would not be answered either.
        if (client.status !== 'ready') throw new RedisAway();
        return runScript(
          client,
          BEAT,
          [keys.replicas, keys.forgotten, keys.tenants],
          [replica, LASTS_MS * 1_000, Math.ceil(keepMs) * 1_000],
        );
      });
      const [now, replicas, mark, tenantsMark] = answer as [number, number, string, string];
      const answeredAt = clock();
      // The last one may have arrived as soon as it began, and this one as late as it was answered.
      if (answeredAt - beganAt >= LASTS_MS) countedSince = answeredAt;
      beganAt = startedAt;
      latest = {
        replicas,
        aheadMs: now / 1_000 - (startedAt + answeredAt) / 2,
        mark,
        toldSince: Number(mark.split(':')[1]) / 1_000,
        tenantsMark,
      };
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
