import type { Clock } from '../policies/clock.ts';
import type { RedisCommandKind, Telemetry } from '../telemetry/events.ts';
import type { RedisClient } from './connect.ts';
import { createRefusals } from './refusals.ts';

/** A Redis that may be away, slow or full at any time, and must not hold up anybody. */
export interface RedisConnection {
  /**
   * Runs a command.
   * @param kind what it is for, in metrics.
   * @param atLeastMs how long it may take, where that is longer than for others. That Redis is silent is noticed as soon meanwhile.
   * @throws Error at once where Redis is known to be away; after the timeout where it does not answer; or what it answers with.
   */
  run<T>(kind: RedisCommandKind, command: (client: RedisClient) => Promise<T>, atLeastMs?: number): Promise<T>;
  /** Since when it has answered without a break; `undefined` where it is away. */
  upSince(): number | undefined;
  /** True where it answers, and again and again does not take what is asked. */
  isRefusing(): boolean;
  /** The code of what went wrong last: WRONGPASS, ECONNREFUSED. */
  lastCode(): string | undefined;
  /** To be called after each heartbeat: only those tell that Redis is back. */
  noteBeat(outcome: 'answered' | 'silent' | 'refused'): void;
  close(): void;
}

export interface RedisConnectionOptions {
  client: RedisClient;
  /** How long a command may take, in milliseconds. */
  timeoutMs: number;
  clock: Clock;
  telemetry: Telemetry;
  /** Called when it comes back, or goes away. @param code what was said last before that. */
  onChange(isUp: boolean, code?: string): void;
  /** Called when it begins to refuse what is asked, though it is there; and when that is over. */
  onRefusing(isRefusing: boolean, code?: string): void;
}

/** So many commands in a row without an answer, and nothing heard for so long, and Redis counts as away. */
const MOST_SILENT = 5;
/** A server that stands still for a moment is waited for: others may not have noticed, and still go by it. */
const MOST_SILENT_MS = 500;
/** As the system, TLS and Redis write theirs. */
const CODE = /^[A-Z][A-Z\d_]{2,49}$/;
/** So many heartbeats in a row have to be answered after that. */
const BEATS_TO_TRUST = 3;

export function createRedisConnection(options: RedisConnectionOptions): RedisConnection {
  const { client, timeoutMs, clock, telemetry, onChange, onRefusing } = options;
  let since: number | undefined;
  let silent = 0;
  let heardAt = Number.NEGATIVE_INFINITY;
  let beatsNeeded = 1;
  let hasBeenUp = false;
  let code: string | undefined;
  const refusals = createRefusals((areMany) => onRefusing(areMany, areMany ? code : undefined));

  client.on('error', noteError);
  client.on('close', () => goAway(1));
  client.on('end', () => goAway(1));

  return {
    async run(kind, command, atLeastMs = 0) {
      const withinMs = Math.max(timeoutMs, atLeastMs);
      const startedAt = clock();
      const tell = (outcome: 'ok' | 'timeout' | 'failed' | 'skipped') =>
        telemetry({ type: 'redis-command', command: kind, outcome, durationMs: clock() - startedAt });
      // While it is slow people are done without at once: whoever asks for them would wait in vain. The quota is worth waiting for.
      const isTooSlow = silent >= MOST_SILENT && (kind === 'cache-read' || kind === 'cache-write');
      if (isTooSlow || (since === undefined && kind !== 'heartbeat')) {
        tell('skipped');
        throw new RedisAway();
      }
      // Who waits for longer hears as little meanwhile as who tries as often.
      const waiting = withinMs > timeoutMs ? setInterval(noteSilence, withinMs / MOST_SILENT) : undefined;
      try {
        const answer = await within(withinMs, heard(command(client)));
        // What comes later is of use to who waits for it, and no sign that anything else would be answered in time.
        if (!waiting || clock() - startedAt <= timeoutMs) silent = 0;
        refusals.taken(kind);
        tell('ok');
        return answer;
      } catch (error) {
        tell(error instanceof RedisSilent ? 'timeout' : 'failed');
        noteError(error);
        if (error instanceof RedisSilent) noteSilence();
        // Whether the heartbeat is refused, who beats tells.
        if (isRefusal(error) && kind !== 'heartbeat' && since !== undefined) refusals.refused(kind);
        throw error;
      } finally {
        clearInterval(waiting);
      }
    },
    upSince: () => since,
    isRefusing: refusals.areMany,
    lastCode: () => code,
    noteBeat(outcome) {
      if (outcome === 'refused') goAway(BEATS_TO_TRUST);
      else if (since !== undefined) return;
      else if (outcome === 'silent') beatsNeeded = hasBeenUp ? BEATS_TO_TRUST : 1;
      else if (--beatsNeeded <= 0) comeBack();
    },
    close() {
      // That is no news.
      since = undefined;
      client.disconnect();
    },
  };

  /** Never its message: that holds addresses, and what was sent. */
  function noteError(error: unknown): void {
    if (!(error instanceof Error) || error instanceof RedisAway) return;
    const said =
      error instanceof RedisSilent ? 'ETIMEDOUT' : 'code' in error ? error.code : error.message.split(' ')[0];
    if (typeof said === 'string' && CODE.test(said)) code = said;
  }

  /** However late: who is slow is not away. Where some went by their share, and others by the log, both together would be too much. */
  function heard<T>(answer: Promise<T>): Promise<T> {
    return answer.then((told) => {
      heardAt = clock();
      return told;
    });
  }

  function noteSilence(): void {
    silent++;
    if (silent >= MOST_SILENT && clock() >= heardAt + MOST_SILENT_MS) goAway(BEATS_TO_TRUST);
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
    refusals.clear();
    if (since === undefined) return;
    since = undefined;
    onChange(false, code);
  }
}

/** Redis is known to be away: nothing was sent. */
export class RedisAway extends Error {}

/** Redis has not answered in time. */
export class RedisSilent extends Error {}

const isRefusal = (error: unknown) => error instanceof Error && error.name === 'ReplyError';

/** An answer that waits to be read while this process was busy is in time. */
function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(new RedisSilent())), ms);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
