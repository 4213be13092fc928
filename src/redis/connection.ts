import type { Clock } from '../policies/clock.ts';
import type { RedisCommandKind, Telemetry } from '../telemetry/events.ts';
import type { RedisClient } from './connect.ts';
import { createRejections } from './rejections.ts';

/** A Redis that may be away, slow or full at any time, and must not delay a request. */
export interface RedisConnection {
  /**
   * Runs a command.
   * @param kind what it is for, in metrics.
   * @param atLeastMs how long it may take, where that is longer than the timeout. A silent Redis is detected as soon meanwhile.
   * @throws Error at once where Redis is known to be away; after the timeout where it does not answer; or its error reply.
   */
  run<T>(kind: RedisCommandKind, command: (client: RedisClient) => Promise<T>, atLeastMs?: number): Promise<T>;
  /** Since when it has answered without interruption; `undefined` where it is away. */
  upSince(): number | undefined;
  /** True where it is reachable, and rejects commands repeatedly. */
  isRefusing(): boolean;
  /** The code of the latest failure: WRONGPASS, ECONNREFUSED. */
  lastCode(): string | undefined;
  /** Call after each heartbeat: only those show that Redis is back. */
  noteBeat(outcome: 'answered' | 'silent' | 'refused'): void;
  close(): void;
}

export interface RedisConnectionOptions {
  client: RedisClient;
  /** How long a command may take, in milliseconds. */
  timeoutMs: number;
  clock: Clock;
  telemetry: Telemetry;
  /** Called when it comes back, or goes away. @param code of the latest failure before. */
  onChange(isUp: boolean, code?: string): void;
  /** Called when it starts to reject commands, though it is reachable; and when that ends. */
  onRefusing(isRefusing: boolean, code?: string): void;
}

/** After so many consecutive commands without a reply, and no reply at all for so long, Redis counts as away. */
const MAX_SILENT = 5;
/** A short stall is waited for: other processes may not notice it, and still rely on Redis. */
const MAX_SILENT_MS = 500;
/** The form of error codes of the system, TLS and Redis. */
const CODE = /^[A-Z][A-Z\d_]{2,49}$/;
/** Consecutive heartbeats that have to be answered before it counts as back. */
const BEATS_TO_TRUST = 3;

export function createRedisConnection(options: RedisConnectionOptions): RedisConnection {
  const { client, timeoutMs, clock, telemetry, onChange, onRefusing } = options;
  let since: number | undefined;
  let silent = 0;
  let heardAt = Number.NEGATIVE_INFINITY;
  let beatsNeeded = 1;
  let hasBeenUp = false;
  let code: string | undefined;
  const rejections = createRejections((areMany) => onRefusing(areMany, areMany ? code : undefined));

  client.on('error', noteError);
  client.on('close', () => goAway(1));
  client.on('end', () => goAway(1));

  return {
    async run(kind, command, atLeastMs = 0) {
      const withinMs = Math.max(timeoutMs, atLeastMs);
      const startedAt = clock();
      const report = (outcome: 'ok' | 'timeout' | 'failed' | 'skipped') =>
        telemetry({ type: 'redis-command', command: kind, outcome, durationMs: clock() - startedAt });
      // While Redis is slow, the cache is skipped at once: lookups would wait in vain. The rate limit is worth waiting for.
      const isTooSlow = silent >= MAX_SILENT && (kind === 'cache-read' || kind === 'cache-write');
      if (isTooSlow || (since === undefined && kind !== 'heartbeat')) {
        report('skipped');
        throw new RedisAway();
      }
      // A longer wait counts as silence as often as several short ones.
      const waiting = withinMs > timeoutMs ? setInterval(noteSilence, withinMs / MAX_SILENT) : undefined;
      try {
        const answer = await within(withinMs, heard(command(client)));
        // A later reply is used, but does not show that other commands would be answered in time.
        if (!waiting || clock() - startedAt <= timeoutMs) silent = 0;
        rejections.accepted(kind);
        report('ok');
        return answer;
      } catch (error) {
        report(error instanceof RedisSilent ? 'timeout' : 'failed');
        noteError(error);
        if (error instanceof RedisSilent) noteSilence();
        // The heartbeat reports its own rejections.
        if (isRejection(error) && kind !== 'heartbeat' && since !== undefined) rejections.rejected(kind);
        throw error;
      } finally {
        clearInterval(waiting);
      }
    },
    upSince: () => since,
    isRefusing: rejections.areMany,
    lastCode: () => code,
    noteBeat(outcome) {
      if (outcome === 'refused') goAway(BEATS_TO_TRUST);
      else if (since !== undefined) return;
      else if (outcome === 'silent') beatsNeeded = hasBeenUp ? BEATS_TO_TRUST : 1;
      else if (--beatsNeeded <= 0) comeBack();
    },
    close() {
      // Not a change to report.
      since = undefined;
      client.disconnect();
    },
  };

  /** Never its message: that contains addresses, and the command. */
  function noteError(error: unknown): void {
    if (!(error instanceof Error) || error instanceof RedisAway) return;
    const found =
      error instanceof RedisSilent ? 'ETIMEDOUT' : 'code' in error ? error.code : error.message.split(' ')[0];
    if (typeof found === 'string' && CODE.test(found)) code = found;
  }

  /** Even if late: slow is not away. If some processes used their shares while others still reserved, the sum would exceed the rate limit. */
  function heard<T>(answer: Promise<T>): Promise<T> {
    return answer.then((reply) => {
      heardAt = clock();
      return reply;
    });
  }

  function noteSilence(): void {
    silent++;
    if (silent >= MAX_SILENT && clock() >= heardAt + MAX_SILENT_MS) goAway(BEATS_TO_TRUST);
  }

  function comeBack(): void {
    since = clock();
    silent = 0;
    hasBeenUp = true;
    code = undefined;
    onChange(true);
  }

  function goAway(beats: number): void {
    beatsNeeded = beats;
    silent = 0;
    rejections.clear();
    if (since === undefined) return;
    since = undefined;
    onChange(false, code);
  }
}

/** Redis is known to be away: nothing was sent. */
export class RedisAway extends Error {}

/** Redis has not answered in time. */
export class RedisSilent extends Error {}

const isRejection = (error: unknown) => error instanceof Error && error.name === 'ReplyError';

/** A reply that arrived while this process was busy is in time. */
function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(new RedisSilent())), ms);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
