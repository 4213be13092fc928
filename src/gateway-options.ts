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
  /** How long a request may take in all, in milliseconds. @default 10000 */
  requestTimeoutMs?: number | undefined;
  /** Calls to the user API in any one second with one token, over all kinds of look-up. The vendor's limit is 15. @default 15 */
  callsPerSecond?: number | undefined;
  /** Look-ups that may wait for a call, over all requests. @default 6000 */
  queueLimit?: number | undefined;
  /** How long people are served from memory. @default 60 s, "not found" 5 s, 50,000 people */
  cache?: Omit<UserCacheOptions, 'clock'> | undefined;
  /** Redis, or Valkey, where several gateways share quota, token, people and limits. @default each gateway for itself */
  redis?: RedisOptions | undefined;
  /** The way to other processes that remember people, for when somebody is to be forgotten. @default none */
  forgetChannel?: ForgetChannel | undefined;
  /** Repeated calls after trouble that may pass. @default at most 3 calls for a look-up, pauses from 100 ms on */
  retry?: Pick<RetryOptions, 'maxAttempts' | 'baseMs'> | undefined;
  /** Leaves the user API alone after many failures in a row. @default after 10, for 2 s */
  breaker?: Pick<BreakerOptions, 'failures' | 'halfOpenAfterMs'> | undefined;
  /** Where pauses take their chance from. @default Math.random */
  random?: (() => number) | undefined;
  /** Identifiers that one operation may name, over all its fields and lists. @default 1000 */
  maxIdentifiers?: number | undefined;
  /** Bytes of one request body. @default 1048576 */
  maxBodyBytes?: number | undefined;
  /** Operations that one request may hold as a JSON array, each with limits of its own. @default 0, no arrays */
  maxBatchedOperations?: number | undefined;
  /** Skips Yoga for operations that only look users up, with the same responses. @default true */
  fastPath?: boolean | undefined;
  /** Who may ask. @default anybody, for names of this machine only */
  auth?: AuthOptions | undefined;
  /** The tenants that may be named, unless an API key has its own. @default any that the plugin can see */
  tenantKeys?: readonly string[] | undefined;
  /** E-mail addresses are only for callers with the scope `email:read`. @default false */
  emailNeedsScope?: boolean | undefined;
  /** Identifiers that one caller may ask for in a minute, those answered from memory included. @default no limit */
  identifiersPerMinute?: number | undefined;
  /**
   * Origins whose scripts may send requests and read answers: `https://app.example.com`.
   * @default none; with `people: 'made-up'` http and https on localhost, 127.0.0.1 and [::1], on any port
   */
  corsOrigins?: readonly string[] | undefined;
  /**
   * Request headers that those scripts may set, beside the gateway's own, those of Apollo Client and those of W3C tracing.
   * @default none
   */
  corsAllowedHeaders?: readonly string[] | undefined;
  /** Refuses requests that a page of any site could send unasked: a GET or a form without a header of its own. @default true */
  csrfPrevention?: boolean | undefined;
  /** Answers introspection, and tells in errors what somebody may have meant. @default true */
  introspection?: boolean | undefined;
  /** Tells supergraphs the schema as text, by `_service` and `_sdl`. @default as `introspection` */
  subgraphSdl?: boolean | undefined;
  /**
   * Looks nobody up of whom a query of a supergraph wants only what its reference tells already; so such a person need not exist.
   * @default false
   */
  trustReferences?: boolean | undefined;
  /** The only documents that are run, by their ids. @default any */
  trustedDocuments?: TrustedDocuments | undefined;
  /** Serves GraphiQL to browsers at `/graphql`, with examples that name these people. @default off */
  graphiql?: ExamplePeople | undefined;
  /** Whose people these are, for the page at `/` to say, and for the default of `corsOrigins`. @default 'real' */
  people?: 'made-up' | 'real' | undefined;
  /**
   * Counts for Prometheus: `true` serves them at `/metrics`, to whoever may ask; `apart` at `gateway.metrics` only, for a port of
   * their own. @default false
   */
  metrics?: boolean | 'apart' | undefined;
  /**
   * Puts the figures of this process and others together for `/metrics`, as Prometheus reads them.
   * @default those of this process
   */
  gatherMetrics?: (() => Promise<string>) | undefined;
  /** Where the log goes: a line for each request, troubles of the user API, faults. @default faults only, to standard error */
  log?: LogOptions | undefined;
}
