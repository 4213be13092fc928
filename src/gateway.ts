import type { RequestListener } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { createDirectory, type Directory } from './directory/directory.ts';
import { createUserLoaders } from './directory/loaders.ts';
import type { PersonCacheOptions } from './directory/person-cache.ts';
import { createTicket } from './directory/ticket.ts';
import { GatewayError } from './errors.ts';
import type { ExamplePeople } from './http/browsers/example-tabs.ts';
import { createAdmission } from './http/callers/admission.ts';
import { type AuthOptions, createAuthentication } from './http/callers/authentication.ts';
import { forLoopbackHosts, type HttpHandler } from './http/callers/loopback-hosts.ts';
import { userTokenOf } from './http/callers/use-user-token.ts';
import { wantsFreshPeople } from './http/request-headers.ts';
import type { Readiness } from './http/use-readiness.ts';
import { createGatewayYoga } from './http/yoga.ts';
import type { BreakerOptions } from './policies/breaker.ts';
import { monotonicClock } from './policies/clock.ts';
import { createQuota } from './policies/quota.ts';
import type { RetryOptions } from './policies/retry.ts';
import { createSchema } from './schema/schema.ts';
import { noTelemetry, type Telemetry } from './telemetry/events.ts';
import { createUpstreamState } from './telemetry/upstream-state.ts';
import { createUpstream, type UpstreamOptions } from './upstream/upstream.ts';
import { warmUp } from './upstream/warm-up.ts';

export interface GatewayOptions extends UpstreamOptions {
  /** How long a request may take in all, in milliseconds. @default 10000 */
  requestTimeoutMs?: number | undefined;
  /** Calls to the user API in any one second with one token, over all kinds of look-up. The vendor's limit is 15. @default 15 */
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
  /** Who may ask. @default anybody, for names of this machine only */
  auth?: AuthOptions | undefined;
  /** The tenants that may be named, unless an API key has its own. @default any that the plugin can see */
  tenantKeys?: readonly string[] | undefined;
  /** E-mail addresses are only for callers with the scope `email:read`. @default false */
  emailNeedsScope?: boolean | undefined;
  /** Identifiers that one caller may ask for in a minute, those answered from memory included. @default no limit */
  identifiersPerMinute?: number | undefined;
  /** Serves GraphiQL to browsers at `/graphql`, with examples that name these people. @default off */
  graphiql?: ExamplePeople | undefined;
  /** Receives the stack of each fault of the gateway itself. @default writes it to standard error */
  logFault?: ((stack: string) => void) | undefined;
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
  /**
   * Resolves with true once the first token is there, or at once where callers bring their own; with false where the gateway was
   * disposed before.
   */
  readonly whenReady: Promise<boolean>;
  /** From here on `/readiness` says "not ready"; requests are still answered. */
  beginShutdown(): void;
  /** Ends calls under way and closes all connections to the user API. */
  dispose(): Promise<void>;
}

/**
 * File descriptors are not endless, should the quota be lifted. With a quota for each caller this is the bound: calls of 100 ms
 * could still leave at 10,000 a second, the whole quota of more than 600 callers.
 */
const MOST_CONNECTIONS = 1_000;

/** More than 100 identifiers, none, and one call sent twice: no client can bring these about. */
const OUR_MISTAKES: ReadonlySet<number> = new Set([20004, 20005, 10430]);

/** Wires the layers together. Nothing is shared between two gateways, so a process can hold several. */
export function createGateway(options: GatewayOptions): Gateway {
  const clock = options.clock ?? monotonicClock;
  const upstreamState = createUpstreamState();
  const report = options.telemetry ?? noTelemetry;
  const logFault = options.logFault ?? ((stack) => process.stderr.write(`${stack}\n`));
  const telemetry: Telemetry = (event) => {
    upstreamState.observe(event);
    if (event.type === 'upstream-call' && event.errCode !== undefined && OUR_MISTAKES.has(event.errCode)) {
      logFault(`The user API says that the gateway called it wrongly: error ${event.errCode}, log id ${event.logId}.`);
    }
    report(event);
  };

  const { callsPerSecond = 15, timeoutMs = 3_000 } = options;
  const isForCallers = options.identity === 'caller';
  // More than this cannot be under way within one quota.
  const mostUnderWay = Math.ceil((callsPerSecond * timeoutMs) / 1_000) + 1;
  const upstream = createUpstream({
    // Bounds what a slow API can hold, and does not bind before the quotas do.
    maxConnections: isForCallers ? MOST_CONNECTIONS : Math.min(MOST_CONNECTIONS, mostUnderWay),
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
  const { pluginToken } = upstream;
  let canAsk = pluginToken === undefined;
  let isStopping = false;
  const whenReady = (pluginToken ? warmUp(pluginToken, closing.signal) : Promise.resolve(true)).then((isWarm) => {
    canAsk = isWarm;
    return isWarm;
  });

  const readiness = () => ({ isReady: canAsk && !isStopping, upstream: upstreamState.current() });
  const { auth = { kind: 'none' }, tenantKeys, emailNeedsScope, identifiersPerMinute } = options;
  const authentication = createAuthentication({ auth, tenantKeys, emailNeedsScope });
  const { callerOf } = authentication;
  const yoga = createGatewayYoga({
    schema,
    createContext(request) {
      const userToken = isForCallers ? userTokenOf(request) : undefined;
      if (userToken instanceof GatewayError) throw userToken;
      const ticket = createTicket({
        userToken,
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
    needsUserToken: isForCallers,
    admit: createAdmission({ callerOf, identifiersPerMinute }),
    maxIdentifiers: options.maxIdentifiers ?? 1_000,
    graphiql: options.graphiql,
    logFault,
  });

  const open: HttpHandler = {
    fetch: async (request) => yoga.fetch(request),
    requestListener: (request, response) => void yoga(request, response),
  };
  const isForThisMachine = auth.kind === 'none' && auth.hosts !== 'any';
  return {
    ...(isForThisMachine ? forLoopbackHosts(open) : open),
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
