import type { ErrorCode } from '../errors.ts';

/** What happens inside the gateway, in figures. No event ever carries an identifier, a name or a token. */
export type GatewayEvent =
  | {
      /** A request that has its answer, that nobody waits for any more, or that was refused before it got to Yoga. */
      readonly type: 'request';
      readonly endpoint: 'graphql' | 'forget' | 'health' | 'readiness' | 'metrics' | 'other';
      /** Of the answer; left out where none was sent. */
      readonly status?: number | undefined;
      /** As in the log: the code of the first error, else `OK`, `HUNG_UP`, `CUT` or `HTTP_<status>`. */
      readonly outcome: string;
      /** Left out where nobody saw it begin: it was refused at once, or a browser asked what it may send. */
      readonly durationMs?: number | undefined;
      /** True where the fast path has answered. @default false */
      readonly usedFastPath?: boolean | undefined;
    }
  | {
      /** What became of the identifiers of one look-up, as they came in. */
      readonly type: 'look-ups';
      readonly kind: 'key' | 'outId' | 'email';
      /** Answered from the memory of this process. */
      readonly cacheHits: number;
      /** Answered from the memory that gateways share, where there is one. @default 0 */
      readonly sharedHits?: number | undefined;
      /** Already under way for somebody else. */
      readonly joined: number;
      readonly queued: number;
      /** Refused early, as `OVERLOADED` or because the user API asked for a pause. */
      readonly shed: number;
    }
  | {
      /** What the identifiers of one look-up were answered, each counted once. */
      readonly type: 'answers';
      readonly kind: 'key' | 'outId' | 'email';
      readonly found: number;
      readonly notFound: number;
      /** People whose time in memory is over, since the user API is in trouble. */
      readonly stale: number;
      /** How many errors of each code. */
      readonly errors: Readonly<Partial<Record<ErrorCode, number>>>;
    }
  | {
      /** Look-ups that were queued already and lost their place, since the queue is full or the user API asked for a pause. */
      readonly type: 'shed';
      readonly kind: 'key' | 'outId' | 'email';
      readonly lookUps: number;
    }
  | {
      /** A batch that leaves. */
      readonly type: 'batch';
      readonly kind: 'key' | 'outId' | 'email';
      readonly identifiers: number;
      /** How many of them nobody waits for: popular people, asked for before they become stale. */
      readonly refreshedAhead: number;
      /** How long its oldest look-up has waited for a slot of the quota. */
      readonly waitedMs: number;
    }
  | {
      readonly type: 'upstream-call';
      readonly kind: 'key' | 'outId' | 'email';
      /** How many people this call asked for, 1 to 100. */
      readonly identifiers: number;
      /** `answered` also when nobody was found; `cancelled` where nobody waited for the answer any more. */
      readonly outcome: 'answered' | 'cancelled' | ErrorCode;
      /** `err_code` of the user API, where it failed with one. */
      readonly errCode?: number | undefined;
      /** True where it failed at the proxy. @default false */
      readonly isProxy?: boolean | undefined;
      readonly durationMs: number;
      readonly logId?: string | undefined;
    }
  | {
      /** Rows of an answer that could not be used: without a valid user key, or nobody asked for them. */
      readonly type: 'rows-dropped';
      readonly malformed: number;
      readonly unasked: number;
    }
  | {
      readonly type: 'token-renewal';
      readonly outcome: 'renewed' | ErrorCode;
      /** True where it failed at the proxy. @default false */
      readonly isProxy?: boolean | undefined;
      readonly durationMs: number;
    }
  | {
      /** The keys that tokens of callers are checked with could not be fetched; `fetched` is told after that only. */
      readonly type: 'caller-keys';
      readonly outcome: 'fetched' | 'AUTHENTICATION_UNAVAILABLE';
      /** What their address answered last, where it answered. */
      readonly status?: number | undefined;
    }
  | {
      readonly type: 'redis-command';
      readonly command: RedisCommandKind;
      /** `skipped` where Redis is known to be away: nothing was sent. */
      readonly outcome: 'ok' | 'timeout' | 'failed' | 'skipped';
      readonly durationMs: number;
    }
  | {
      /** Redis went away, or came back; or does not take what is asked any more, or takes it again. */
      readonly type: 'redis-state';
      readonly isUp: boolean;
      /** What it, or the way to it, said last, where it is away: WRONGPASS, ECONNREFUSED. */
      readonly outcome?: string | undefined;
    }
  | {
      /** How the plugin's calls are paced: by the log in Redis, by this gateway's share of the quota, or by both. */
      readonly type: 'quota-mode';
      readonly mode: 'shared' | 'alone' | 'returning';
    };

/** What a command is for. */
export type RedisCommandKind = 'heartbeat' | 'cache-read' | 'cache-write' | 'quota' | 'token' | 'forget' | 'listen';

/** Receives every event, synchronously. Must not throw. */
export type Telemetry = (event: GatewayEvent) => void;

export const noTelemetry: Telemetry = () => {};
