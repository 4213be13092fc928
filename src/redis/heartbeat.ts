import type { Clock } from '../policies/clock.ts';
import { RedisAway, type RedisConnection, RedisSilent } from './connection.ts';
import type { KeyNames } from './key-names.ts';
import { BEAT, runScript } from './scripts.ts';

/** Registers this gateway in Redis every second, and reads how many others there are, and the clock of the server. */
export interface Heartbeat {
  /** Gateways with a recent heartbeat, this one included; `undefined` before the first reply. */
  replicas(): number | undefined;
  /** What the clock of the server shows at a moment of this process, in milliseconds; `undefined` before the first reply. */
  serverTimeAt(at: number): number | undefined;
  /** The inverse. */
  localTimeAt(serverTime: number): number | undefined;
  /**
   * Since when the others have counted this gateway without interruption, on the clock of this process: since then no user counts as
   * forgotten everywhere without an acknowledgement of this gateway, unless it has just started.
   */
  countedSince(): number;
  /** The mark of the list of messages: a new one where the list was lost. `undefined` before the first reply. */
  mark(): string | undefined;
  /**
   * Since when the list of forgotten users is complete, on the clock of the server, in milliseconds: users cached before may have been
   * forgotten. `undefined` before the first reply.
   */
  completeSince(): number | undefined;
  /** The mark of the list of tenants. */
  tenantsMark(): string | undefined;
  /** Resolves after the first beat that was answered. */
  readonly first: Promise<void>;
  /** Removes this gateway from the list. */
  stop(): Promise<void>;
}

export interface HeartbeatOptions {
  connection: RedisConnection;
  keys: Pick<KeyNames, 'replicas' | 'forgotten' | 'tenants'>;
  /** How long messages and tenants are kept, in milliseconds. */
  keepMs: number;
  /** Names this gateway. */
  replica: string;
  clock: Clock;
}

const EVERY_MS = 1_000;
/** While Redis is away: a quick return is better than a share of the rate limit while others have noticed nothing. */
const AWAY_EVERY_MS = 100;
/** A gateway without a heartbeat for so long is gone. */
const LASTS_MS = 3_500;

export function createHeartbeat({ connection, keys, keepMs, replica, clock }: HeartbeatOptions): Heartbeat {
  let latest:
    | { replicas: number; aheadMs: number; mark: string; completeSince: number; tenantsMark: string }
    | undefined;
  let countedSince = clock();
  let beganAt = countedSince;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let resolveFirst = () => {};
  const first = new Promise<void>((resolve) => {
    resolveFirst = resolve;
  });
  void beat();

  return {
    replicas: () => latest?.replicas,
    serverTimeAt: (at) => latest && at + latest.aheadMs,
    localTimeAt: (serverTime) => latest && serverTime - latest.aheadMs,
    countedSince: () => countedSince,
    mark: () => latest?.mark,
    completeSince: () => latest?.completeSince,
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
        // A command that cannot be sent would get no reply.
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
      // The last beat may have arrived when it was sent, and this one only just before its reply.
      if (answeredAt - beganAt >= LASTS_MS) countedSince = answeredAt;
      beganAt = startedAt;
      latest = {
        replicas,
        aheadMs: now / 1_000 - (startedAt + answeredAt) / 2,
        mark,
        completeSince: Number(mark.split(':')[1]) / 1_000,
        tenantsMark,
      };
      connection.noteBeat('answered');
      resolveFirst();
    } catch (error) {
      const isSilent = error instanceof RedisSilent || error instanceof RedisAway;
      connection.noteBeat(isSilent ? 'silent' : 'refused');
    }
    if (isStopped) return;
    timer = setTimeout(() => void beat(), connection.upSince() === undefined ? AWAY_EVERY_MS : EVERY_MS);
    timer.unref();
  }
}
