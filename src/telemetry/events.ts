import type { ErrorCode } from '../errors.ts';
import type { LookupKind } from '../lookup-kinds.ts';

/** What happens inside the gateway, in figures. No event carries an identifier, a name or a token. */
export type GatewayEvent =
  | {
      /** A request that was answered or rejected, or whose client disconnected. */
      readonly type: 'request';
      readonly endpoint: 'graphql' | 'forget' | 'health' | 'readiness' | 'metrics' | 'other';
      /** Status of the response; left out if none was sent. */
      readonly status?: number | undefined;
      /** As in the log: the code of the first error, else `OK`, `CLIENT_DISCONNECTED`, `TERMINATED` or `HTTP_<status>`. */
      readonly outcome: string;
      /** Left out for requests that are answered before they reach Yoga's plugins, CORS preflights for example. */
      readonly durationMs?: number | undefined;
      /** True if the fast path answered. @default false */
      readonly usedFastPath?: boolean | undefined;
    }
  | {
      /** How the identifiers of one list were looked up. */
      readonly type: 'lookups';
      readonly kind: LookupKind;
      /** Cache hits in this process. */
      readonly cacheHits: number;
      /** Cache hits in Redis, if it is configured. @default 0 */
      readonly sharedHits?: number | undefined;
      /** Joined a lookup in flight of another request. */
      readonly coalesced: number;
      readonly queued: number;
      /** Rejected without a call: `OVERLOADED`, or rate-limited by the user API. */
      readonly shed: number;
    }
  | {
      /** The results of the identifiers of one list, duplicates counted once. */
      readonly type: 'lookup-results';
      readonly kind: LookupKind;
      readonly found: number;
      readonly notFound: number;
      /** Stale users, served because the user API fails (stale-if-error). */
      readonly stale: number;
      /** Number of errors by code. */
      readonly errors: Readonly<Partial<Record<ErrorCode, number>>>;
    }
  | {
      /** Queued lookups that are rejected, because the queue is full or the user API rate-limits. */
      readonly type: 'shed';
      readonly kind: LookupKind;
      readonly lookups: number;
    }
  | {
      /** A batch that leaves the queue. */
      readonly type: 'batch';
      readonly kind: LookupKind;
      readonly identifiers: number;
      /** How many of them refresh hot users before they expire. */
      readonly refreshedAhead: number;
      /** How long the oldest lookup waited for the rate limit. */
      readonly waitedMs: number;
    }
  | {
      readonly type: 'upstream-call';
      readonly kind: LookupKind;
      /** Identifiers in this call, 1 to 100. */
      readonly identifiers: number;
      /** `answered` also if no user was found; `cancelled` if no request waited for the response any more. */
      readonly outcome: 'answered' | 'cancelled' | ErrorCode;
      /** `err_code` of the user API, if it failed with one. */
      readonly errCode?: number | undefined;
      /** True if it failed at the proxy. @default false */
      readonly isProxy?: boolean | undefined;
      readonly durationMs: number;
      readonly logId?: string | undefined;
    }
  | {
      /** Rows of a response that were discarded: without a valid user key, or not requested. */
      readonly type: 'rows-dropped';
      readonly malformed: number;
      readonly unrequested: number;
    }
  | {
      readonly type: 'token-renewal';
      readonly outcome: 'renewed' | ErrorCode;
      /** True if it failed at the proxy. @default false */
      readonly isProxy?: boolean | undefined;
      readonly durationMs: number;
    }
  | {
      /** The JWKS that verifies callers' tokens could not be fetched; `fetched` is emitted only after a failure. */
      readonly type: 'jwks-fetch';
      readonly outcome: 'fetched' | 'AUTHENTICATION_UNAVAILABLE';
      /** HTTP status of the last response, if there was one. */
      readonly status?: number | undefined;
    }
  | {
      readonly type: 'redis-command';
      readonly command: RedisCommandKind;
      /** `skipped` while Redis is known to be down: nothing was sent. */
      readonly outcome: 'ok' | 'timeout' | 'failed' | 'skipped';
      readonly durationMs: number;
    }
  | {
      /** Redis went down or came back, or rejects commands or accepts them again. */
      readonly type: 'redis-state';
      readonly isUp: boolean;
      /** The last error code of Redis or of the connection, if it is down: WRONGPASS, ECONNREFUSED. */
      readonly outcome?: string | undefined;
    }
  | {
      /**
       * How calls with the plugin token are rate-limited: `distributed` in Redis, `fallback` by this gateway's share of the quota,
       * `recovering` by both.
       */
      readonly type: 'quota-mode';
      readonly mode: 'distributed' | 'fallback' | 'recovering';
    };

export type EventType = GatewayEvent['type'];
export type EventOf<Type extends EventType> = Extract<GatewayEvent, { type: Type }>;

/** The purpose of a Redis command. */
export type RedisCommandKind = 'heartbeat' | 'cache-read' | 'cache-write' | 'quota' | 'token' | 'forget' | 'listen';

/** Receives every event, synchronously. Must not throw. */
export type Telemetry = (event: GatewayEvent) => void;

export const noTelemetry: Telemetry = () => {};

/** One handler for each type of event that is subscribed to. */
export type EventHandlers = { readonly [Type in EventType]?: (event: EventOf<Type>) => void };

export interface EventBusOptions {
  readonly subscribers: readonly EventHandlers[];
  /** Receives every event. */
  readonly listener?: Telemetry | undefined;
  /** Called with what a handler throws. The other handlers are still called. */
  onError(error: unknown): void;
}

/** @returns emits an event to the handlers of its type, then to the listener. */
export function createEventBus({ subscribers, listener, onError }: EventBusOptions): Telemetry {
  const listeners = listener ? [listener] : [];
  const handlersByType = new Map<EventType, readonly Telemetry[]>();
  for (const type of new Set(subscribers.flatMap((handlers) => Object.keys(handlers) as EventType[]))) {
    // A handler is only called with events of its own type.
    const own = subscribers.flatMap((handlers) => (handlers[type] as Telemetry | undefined) ?? []);
    handlersByType.set(type, [...own, ...listeners]);
  }

  return (event) => {
    for (const handle of handlersByType.get(event.type) ?? listeners) {
      try {
        handle(event);
      } catch (error) {
        onError(error);
      }
    }
  };
}
