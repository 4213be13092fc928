import type { ForgetChannel } from './directory/forget.ts';
import type { UserCacheOptions } from './directory/user-cache.ts';
import type { ExamplePeople } from './http/browsers/example-tabs.ts';
import type { AuthOptions } from './http/callers/authentication.ts';
import type { TrustedDocuments } from './http/documents/trusted-documents.ts';
import type { BreakerOptions } from './policies/breaker.ts';
import type { RetryOptions } from './policies/retry.ts';
import type { RedisOptions } from './redis/redis-options.ts';
import type { LogOptions } from './telemetry/log.ts';
import type { UpstreamOptions } from './upstream/upstream.ts';

export interface GatewayOptions extends UpstreamOptions {
  /** Deadline of a request, in milliseconds. @default 10000 */
  requestTimeoutMs?: number | undefined;
  /** Calls to the user API in any one second with one token, across all kinds of lookup. The vendor's limit is 15 (error 10429). @default 15 */
  callsPerSecond?: number | undefined;
  /** Lookups that may be queued, over all requests. @default 6000 */
  queueLimit?: number | undefined;
  /** How long users are cached. @default 60 s, "not found" 5 s, 50,000 users */
  cache?: Omit<UserCacheOptions, 'clock'> | undefined;
  /** Redis or Valkey, through which several gateways share rate limit, token, cached users and callers' limits. @default nothing is shared */
  redis?: RedisOptions | undefined;
  /** The channel to other processes that cache users, to forget a user everywhere. @default none */
  forgetChannel?: ForgetChannel | undefined;
  /** Retries after transient failures. @default at most 3 calls for a lookup, delays from 100 ms on */
  retry?: Pick<RetryOptions, 'maxAttempts' | 'baseMs'> | undefined;
  /** Circuit breaker: stops calls after consecutive failures. @default after 10, for 2 s */
  breaker?: Pick<BreakerOptions, 'failures' | 'halfOpenAfterMs'> | undefined;
  /** Random source of retry delays. @default Math.random */
  random?: (() => number) | undefined;
  /** Identifiers per operation, over all its fields and lists. @default 1000 */
  maxIdentifiers?: number | undefined;
  /** Maximum size of a request body, in bytes. @default 1048576 */
  maxBodyBytes?: number | undefined;
  /** Operations per request in a JSON array, each with limits of its own. @default 0, no arrays */
  maxBatchedOperations?: number | undefined;
  /** Skips Yoga for operations that only look users up, with the same responses. @default true */
  fastPath?: boolean | undefined;
  /** Authentication of callers. @default none, for host names of this machine only */
  auth?: AuthOptions | undefined;
  /** The allowed tenants, unless an API key has its own. @default all that the plugin can see */
  tenantKeys?: readonly string[] | undefined;
  /** E-mail addresses require the scope `email:read`. @default false */
  emailNeedsScope?: boolean | undefined;
  /** Identifiers per caller and minute, cache hits included. @default no limit */
  identifiersPerMinute?: number | undefined;
  /**
   * Origins whose scripts may send requests and read responses: `https://app.example.com`.
   * @default none; with `people: 'made-up'` http and https on localhost, 127.0.0.1 and [::1], on any port
   */
  corsOrigins?: readonly string[] | undefined;
  /**
   * Request headers that those scripts may set, besides the gateway's own, those of Apollo Client and those of W3C tracing.
   * @default none
   */
  corsAllowedHeaders?: readonly string[] | undefined;
  /** Rejects requests that any web page could send (CSRF): a GET or a form without a custom header. @default true */
  csrfPrevention?: boolean | undefined;
  /** Allows introspection, and "Did you mean" in errors. @default true */
  introspection?: boolean | undefined;
  /** Serves the SDL to supergraphs, in `_service` and `_sdl`. @default as `introspection` */
  subgraphSdl?: boolean | undefined;
  /**
   * Skips the lookup where a supergraph query selects only fields that the reference has; such a user may not exist.
   * @default false
   */
  trustReferences?: boolean | undefined;
  /** The only documents that may run, by id. @default any */
  trustedDocuments?: TrustedDocuments | undefined;
  /** Serves GraphiQL to browsers at `/graphql`, with examples for these users. @default off */
  graphiql?: ExamplePeople | undefined;
  /** Whether users are real, for the landing page and the default of `corsOrigins`. @default 'real' */
  people?: 'made-up' | 'real' | undefined;
  /**
   * Prometheus metrics: `true` serves them at `/metrics`, to authenticated callers; `apart` at `gateway.metrics` only, for a separate
   * port. @default false
   */
  metrics?: boolean | 'apart' | undefined;
  /**
   * Aggregates the metrics of several processes for `/metrics`, in the Prometheus text format.
   * @default those of this process
   */
  gatherMetrics?: (() => Promise<string>) | undefined;
  /** Log: a line for each request, failures of the user API, internal errors. @default internal errors only, to standard error */
  log?: LogOptions | undefined;
}
