import { GatewayError } from '../errors.ts';
import type { LookupKind } from '../lookup-kinds.ts';
import type { BreakerOptions } from '../policies/breaker.ts';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import { createRateLimiter, type RateLimiter } from '../policies/rate-limiter.ts';
import type { RetryOptions } from '../policies/retry.ts';
import { noTelemetry, type Telemetry } from '../telemetry/events.ts';
import { createTraces, type Traces } from '../telemetry/tracing.ts';
import type { QueryUsers } from '../upstream/user-query.ts';
import { parseUserToken } from '../upstream/user-token.ts';
import { Batcher, type BatcherState } from './batcher.ts';
import { countResults, createFind } from './find.ts';
import { createIdentifierSet, isKind, tryToParse, type UserIdentifier, unknownKind } from './identifiers.ts';
import { createBatchKey, type LookupResult, type RequestContext } from './lookup.ts';
import { createRequestContext } from './request-context.ts';
import type { UserCacheOptions } from './user-cache.ts';
import { type Forgotten, type SharedUsers, UserStore } from './user-store.ts';

export interface LookupRequest {
  readonly kind: LookupKind;
  /** As clients wrote them, duplicates included. */
  readonly identifiers: readonly string[];
  /** Counts with e-mails only: the tenant to search in place of the plugin's own. */
  readonly tenantKey?: string | undefined;
  /** A user access token to send in place of the plugin's: `u-…`. @default none */
  readonly userToken?: string | undefined;
  /** The request of these lookups. @default one of its own, with the default deadline */
  readonly request?: RequestContext | undefined;
}

export interface Directory {
  /**
   * Looks users up. Never rejects: one identifier's failure is at its own index.
   * @returns one result for each identifier, in the order requested.
   */
  lookup(request: LookupRequest): Promise<LookupResult[]>;
  /** The same without a promise where nothing has to be waited for: all cached, malformed, or rejected. */
  find(request: LookupRequest): LookupResult[] | Promise<LookupResult[]>;
  /**
   * Removes the users of these identifiers from all that this process caches: by all their identifiers, for all identities and tenants,
   * stale copies included. A call that has left before does not bring them back; requests that wait for it still get its result.
   * @throws GatewayError BAD_USER_INPUT where an identifier is malformed.
   */
  forget(...identifiers: readonly UserIdentifier[]): Forgotten;
  /** The same for all users: for when it is not known any more which user was to be forgotten. */
  forgetAll(): void;
  state(): DirectoryState;
  /** Aborts calls in flight; what is queued is not sent any more. */
  dispose(): void;
}

export interface DirectoryState extends BatcherState {
  /** Users in the cache, stale copies included. */
  readonly cacheEntries: number;
}

export interface DirectoryOptions {
  queryUsers: QueryUsers;
  /** The rate limiter of a credential. @default 15 calls a second each */
  rateLimiterOf?: ((identity: string) => RateLimiter) | undefined;
  /** Lookups that may be queued, over all requests; a request within its fair share may exceed it, up to twice. @default 6000 */
  queueLimit?: number | undefined;
  /** Credentials in use at a time, each with lanes, rate limiter and circuit breaker of its own. @default 1000 */
  maxIdentities?: number | undefined;
  cache?: UserCacheOptions | undefined;
  /** A second-level cache that replicas share. @default none */
  sharedUsers?: SharedUsers | undefined;
  retry?: RetryOptions | undefined;
  breaker?: BreakerOptions | undefined;
  /** Deadline of lookups without a request, in milliseconds. @default 10000 */
  requestTimeoutMs?: number | undefined;
  clock?: Clock | undefined;
  telemetry?: Telemetry | undefined;
  /** @default spans of the OpenTelemetry SDK that is registered, if any */
  traces?: Traces | undefined;
}

/**
 * One for a process, behind the loaders of all its requests: resolves cached users, coalesces with lookups in flight, and queues the rest for
 * batches of up to 100 that leave when the rate limit permits.
 */
export function createDirectory(options: DirectoryOptions): Directory {
  const { requestTimeoutMs } = options;
  const clock = options.clock ?? monotonicClock;
  const telemetry = options.telemetry ?? noTelemetry;
  const store = new UserStore(options.cache ?? {}, options.sharedUsers, clock);
  const batcher = new Batcher({
    queryUsers: options.queryUsers,
    rateLimiterOf: options.rateLimiterOf ?? (() => createRateLimiter({ clock })),
    queueLimit: options.queueLimit ?? 6_000,
    maxIdentities: options.maxIdentities ?? 1_000,
    retry: options.retry ?? {},
    breaker: options.breaker ?? {},
    store,
    clock,
    telemetry,
    traces: options.traces ?? createTraces(),
  });
  const findUsers = createFind(store, batcher, { clock, telemetry });

  return {
    find,
    lookup: async (request) => find(request),
    forget(...requested) {
      const forgotten = store.forget(requested);
      const set = createIdentifierSet(forgotten.names);
      batcher.forget((batchKey, id) => set.means(batchKey, id));
      return forgotten;
    },
    forgetAll() {
      store.forgetAll();
      batcher.forget(() => true);
    },
    state: () => ({ ...batcher.state(), cacheEntries: store.cache.size }),
    dispose: () => batcher.dispose(),
  };

  function find(lookup: LookupRequest): LookupResult[] | Promise<LookupResult[]> {
    const { kind, identifiers, tenantKey: rawTenant } = lookup;
    const request = lookup.request ?? requestOf(lookup);
    if (request instanceof GatewayError) return rejectAll(lookup, request);
    const tenantKey = rawTenant === undefined ? undefined : tryToParse('tenantKey', rawTenant);
    if (tenantKey instanceof GatewayError) return rejectAll(lookup, tenantKey);
    const batchKey = createBatchKey(request.identity, kind, kind === 'email' ? tenantKey : undefined);
    return findUsers(batchKey, identifiers, request);
  }

  function rejectAll({ kind, identifiers }: LookupRequest, error: GatewayError): GatewayError[] {
    const results = identifiers.map(() => error);
    // A label of metrics has a few fixed values.
    if (isKind(kind)) telemetry(countResults(kind, results, [], 0));
    return results;
  }

  /** For other programs, so GraphQL has no part in these checks. */
  function requestOf({ kind, userToken: text }: LookupRequest): RequestContext | GatewayError {
    if (!isKind(kind)) return unknownKind();
    const userToken = text === undefined ? undefined : parseUserToken(text);
    if (userToken instanceof GatewayError) return userToken;
    return createRequestContext({ userToken, timeoutMs: requestTimeoutMs, clock });
  }
}
