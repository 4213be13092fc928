import type { RequestListener } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { createDirectory, type Directory } from './directory/directory.ts';
import { createUserLoaders } from './directory/loaders.ts';
import type { PersonCacheOptions } from './directory/person-cache.ts';
import { createTicket } from './directory/ticket.ts';
import type { ExamplePeople } from './http/browsers/example-tabs.ts';
import { createAdmission } from './http/callers/admission.ts';
import { type AuthOptions, createAuthentication } from './http/callers/authentication.ts';
import { forLoopbackHosts } from './http/callers/loopback-hosts.ts';
import type { TrustedDocuments } from './http/documents/trusted-documents.ts';
import { createRequestLog } from './http/logs/request-log.ts';
import { forReadableAddresses } from './http/readable-addresses.ts';
import type { HttpHandler } from './http/refusal.ts';
import { wantsFreshPeople } from './http/request-headers.ts';
import type { Readiness } from './http/use-readiness.ts';
import { createGatewayYoga } from './http/yoga.ts';
import type { BreakerOptions } from './policies/breaker.ts';
import { monotonicClock } from './policies/clock.ts';
import { createQuota } from './policies/quota.ts';
import type { RetryOptions } from './policies/retry.ts';
import { createSchema } from './schema/schema.ts';
import { createEventLog } from './telemetry/event-log.ts';
import { noTelemetry, type Telemetry } from './telemetry/events.ts';
import { createLog, faultsToStandardError, type LogOptions } from './telemetry/log.ts';
import { createTroubleLog } from './telemetry/trouble-log.ts';
import { createUpstreamState } from './telemetry/upstream-state.ts';
import { createUpstream, type UpstreamOptions } from './upstream/upstream.ts';
import { warmUp } from './upstream/warm-up.ts';

export interface GatewayOptions extends UpstreamOptions {
  /** How long a request may take in all, in milliseconds. @default 10000 */
  requestTimeoutMs?: number | undefined;
  /** Calls to the user API in any one second, over all kinds of look-up. The vendor's limit for a token is 15. @default 15 */
  callsPerSecond?: number | undefined;
  /** Look-ups that may wait for a call, over all requests. @default 6000 */
  queueLimit?: number | undefined;
  /** How long people are served from memory. @default 60 s, "not found" 5 s, 50,000 people */
  cache?: Omit<PersonCacheOptions, 'clock'> | undefined;
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
  /** Who may ask. @default anybody, for names of this machine only */
  auth?: AuthOptions | undefined;
  /** The tenants that may be named, unless an API key has its own. @default any that the plugin can see */
  tenantKeys?: readonly string[] | undefined;
  /** E-mail addresses are only for callers with the scope `email:read`. @default false */
  emailNeedsScope?: boolean | undefined;
  /** Identifiers that one caller may ask for in a minute, those answered from memory included. @default no limit */
  identifiersPerMinute?: number | undefined;
  /** Sites whose scripts may ask, as browsers name them: `https://app.example.com`. @default none */
  corsOrigins?: readonly string[] | undefined;
  /** Refuses requests that a page of any site could send unasked: a GET or a form without a header of its own. @default true */
  csrfPrevention?: boolean | undefined;
  /** Answers introspection, and tells in errors what somebody may have meant. @default true */
  introspection?: boolean | undefined;
  /** The only documents that are run, by their ids. @default any */
  trustedDocuments?: TrustedDocuments | undefined;
  /** Serves GraphiQL to browsers at `/graphql`, with examples that name these people. @default off */
  graphiql?: ExamplePeople | undefined;
  /** Where the log goes: a line for each request, troubles of the user API, faults. @default faults only, to standard error */
  log?: LogOptions | undefined;
}

export interface Gateway {
  /** Serves one request: `/graphql`, `/health`, `/readiness`. For any runtime with the Fetch API. */
  fetch(request: Request): Promise<Response>;
  /** The same for Node: `http.createServer(gateway.requestListener)`. */
  readonly requestListener: RequestListener;
  readonly schema: GraphQLSchema;
  /** Look-ups without GraphQL. */
  readonly directory: Directory;
  readiness(): Readiness;
  /** Resolves with true once the first token is there; with false where the gateway was disposed before. */
  readonly whenReady: Promise<boolean>;
  /** From here on `/readiness` says "not ready"; requests are still answered. */
  beginShutdown(): void;
  /** Ends calls under way and closes all connections to the user API. */
  dispose(): Promise<void>;
}

/** File descriptors are not endless, should the quota be lifted. */
const MOST_CONNECTIONS = 1_000;

/** Wires the layers together. Nothing is shared between two gateways, so a process can hold several. */
export function createGateway(options: GatewayOptions): Gateway {
  const clock = options.clock ?? monotonicClock;
  const upstreamState = createUpstreamState();
  const log = createLog(options.log ?? faultsToStandardError);
  const listeners = [
    upstreamState.observe,
    createEventLog(log),
    createTroubleLog(log, clock),
    options.telemetry ?? noTelemetry,
  ];
  const telemetry: Telemetry = (event) => {
    for (const listen of listeners) listen(event);
  };

  const { callsPerSecond = 15, timeoutMs = 3_000 } = options;
  const upstream = createUpstream({
    // Bounds what a slow API can hold, and never binds before the quota: more than this cannot be under way.
    maxConnections: Math.min(MOST_CONNECTIONS, Math.ceil((callsPerSecond * timeoutMs) / 1_000) + 1),
    ...options,
    clock,
    telemetry,
  });
  const directory = createDirectory({
    queryUsers: upstream.queryUsers,
    quotaOf: () => createQuota({ callsPerSecond, clock }),
    queueLimit: options.queueLimit,
    cache: options.cache,
    requestTimeoutMs: options.requestTimeoutMs,
    retry: { random: options.random, ...options.retry },
    breaker: options.breaker,
    clock,
    telemetry,
  });
  const schema = createSchema();

  const closing = new AbortController();
  let hasToken = false;
  let isStopping = false;
  const whenReady = warmUp(upstream.pluginToken, closing.signal).then((isWarm) => {
    hasToken = isWarm;
    return isWarm;
  });

  const readiness = () => ({ isReady: hasToken && !isStopping, upstream: upstreamState.current() });
  const { auth = { kind: 'none' }, tenantKeys, emailNeedsScope, identifiersPerMinute } = options;
  const authentication = createAuthentication({ auth, tenantKeys, emailNeedsScope });
  const { callerOf, findCaller } = authentication;
  const requestLog = createRequestLog({ log, clock, findCaller });
  const admit = createAdmission({ callerOf, identifiersPerMinute });
  const yoga = createGatewayYoga({
    schema,
    createContext(request) {
      const ticket = createTicket({
        timeoutMs: options.requestTimeoutMs,
        signal: request.signal,
        wantsFresh: wantsFreshPeople(request),
        clock,
      });
      return {
        users: createUserLoaders(directory, ticket),
        receipt: ticket.receipt,
        mayReadEmail: callerOf(request).mayReadEmail,
      };
    },
    readiness,
    authentication,
    admit(operation) {
      requestLog.noteIdentifiers(operation.request, operation.identifiers);
      return admit(operation);
    },
    requestLimits: {
      maxBodyBytes: options.maxBodyBytes ?? 1_048_576,
      maxBatchedOperations: options.maxBatchedOperations ?? 0,
    },
    maxIdentifiers: options.maxIdentifiers ?? 1_000,
    corsOrigins: options.corsOrigins ?? [],
    preventsCsrf: options.csrfPrevention ?? true,
    showsSchema: options.introspection ?? true,
    trustedDocuments: options.trustedDocuments,
    graphiql: options.graphiql,
    neededHeaders: auth.kind === 'none' ? {} : { authorization: 'Bearer <your credential>' },
    requestLog,
    logsRequests: options.log !== undefined,
  });

  const served: HttpHandler = {
    fetch: async (request) => yoga.fetch(request),
    requestListener: (request, response) => void yoga(request, response),
  };
  const open = forReadableAddresses(served, requestLog.logRefusal);
  const isForThisMachine = auth.kind === 'none' && auth.hosts !== 'any';
  return {
    ...(isForThisMachine ? forLoopbackHosts(open, requestLog.logRefusal) : open),
    schema,
    directory,
    readiness,
    whenReady,
    beginShutdown() {
      isStopping = true;
    },
    async dispose() {
      isStopping = true;
      closing.abort();
      directory.dispose();
      await yoga.dispose();
      await upstream.close();
    },
  };
}
