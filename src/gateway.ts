import type { RequestListener } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { createDirectory, type Directory } from './directory/directory.ts';
import { createForgetting, type ForgetEverywhere } from './directory/forgetting.ts';
import { createUserLoaders } from './directory/loaders.ts';
import { createTicket, PLUGIN_IDENTITY } from './directory/ticket.ts';
import { GatewayError } from './errors.ts';
import type { GatewayOptions } from './gateway-options.ts';
import { createAdmission } from './http/callers/admission.ts';
import { createAuthentication } from './http/callers/authentication.ts';
import { forLoopbackHosts } from './http/callers/loopback-hosts.ts';
import { userTokenOf } from './http/callers/use-user-token.ts';
import { createDocumentCache } from './http/limits/document-cache.ts';
import { createRequestLog } from './http/logs/request-log.ts';
import { forReadableAddresses } from './http/readable-addresses.ts';
import type { HttpHandler } from './http/refusal.ts';
import { wantsFreshPeople } from './http/request-headers.ts';
import type { Readiness } from './http/use-probes.ts';
import { createGatewayYoga } from './http/yoga.ts';
import { monotonicClock } from './policies/clock.ts';
import { createQuota } from './policies/quota.ts';
import { createSharedQuota, type QuotaMode } from './policies/shared-quota.ts';
import { redisStateOf } from './redis-state-of.ts';
import { createSchema } from './schema/schema.ts';
import type { SharedState } from './shared-state.ts';
import { createEventLog } from './telemetry/event-log.ts';
import { noTelemetry, type Telemetry } from './telemetry/events.ts';
import { createLog, faultsToStandardError } from './telemetry/log.ts';
import { createTroubleLog } from './telemetry/trouble-log.ts';
import { createUpstreamState } from './telemetry/upstream-state.ts';
import { createUpstream } from './upstream/upstream.ts';
import { USER_TOKEN_HEADER } from './upstream/user-token.ts';
import { warmUp } from './upstream/warm-up.ts';

export interface Gateway {
  /** Serves one request: `/graphql`, `/forget`, `/health`, `/readiness`; `/` and `/schema.graphql` for people. For any runtime with the Fetch API. */
  fetch(request: Request): Promise<Response>;
  /** The same for Node: `http.createServer(gateway.requestListener)`. */
  readonly requestListener: RequestListener;
  readonly schema: GraphQLSchema;
  /** Look-ups without GraphQL. */
  readonly directory: Directory;
  /** Forgets a person in all processes that remember any. */
  readonly forget: ForgetEverywhere;
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

/**
 * Wires the layers together. Two gateways have nothing in common but what `shared` holds, so a process can hold several.
 * @param given what this gateway has in common with others, in place of what `options.redis` would. It is closed with the gateway.
 * @throws TypeError where a credential or the address of Redis is missing or malformed.
 */
export function createGateway(options: GatewayOptions, given?: SharedState): Gateway {
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
  const shared = given ?? redisStateOf(options, { callsPerSecond, clock, telemetry });
  // Of the plugin only: callers come and go.
  const tellMode = (identity: string) => (mode: QuotaMode) => {
    if (identity === PLUGIN_IDENTITY) telemetry({ type: 'quota-mode', mode });
  };
  const quotaOf = (identity: string) =>
    shared
      ? createSharedQuota({ log: shared.slotLogOf(identity), callsPerSecond, clock, onMode: tellMode(identity) })
      : createQuota({ callsPerSecond, clock });
  const isForCallers = options.identity === 'caller';
  // More than this cannot be under way within one quota.
  const mostUnderWay = Math.ceil((callsPerSecond * timeoutMs) / 1_000) + 1;
  const upstream = createUpstream({
    // Bounds what a slow API can hold, and does not bind before the quotas do.
    maxConnections: isForCallers ? MOST_CONNECTIONS : Math.min(MOST_CONNECTIONS, mostUnderWay),
    ...options,
    tokenStore: shared?.tokenStore,
    clock,
    telemetry,
  });
  const directory = createDirectory({
    queryUsers: upstream.queryUsers,
    quotaOf,
    sharedPeople: shared?.people,
    queueLimit: options.queueLimit,
    cache: options.cache,
    requestTimeoutMs: options.requestTimeoutMs,
    retry: { random: options.random, ...options.retry },
    breaker: options.breaker,
    clock,
    telemetry,
  });
  // Clients may have written what somebody goes by into their documents.
  const documents = createDocumentCache();
  const forget = createForgetting({
    directory,
    channel: options.forgetChannel ?? shared?.forgetChannel,
    alsoForget: () => documents.clear(),
  });
  const showsSchema = options.introspection ?? true;
  const schema = createSchema({
    showsSdl: options.subgraphSdl ?? showsSchema,
    trustsReferences: options.trustReferences,
  });

  const closing = new AbortController();
  const { pluginToken } = upstream;
  let canAsk = pluginToken === undefined;
  let isStopping = false;
  const whenReady = Promise.resolve(shared?.ready)
    .then(() => (pluginToken ? warmUp(pluginToken, closing.signal) : !closing.signal.aborted))
    .then((isWarm) => {
      canAsk = isWarm;
      return isWarm;
    });

  const readiness = () => ({
    isReady: canAsk && !isStopping,
    upstream: upstreamState.current(),
    shared: shared?.state?.(),
  });
  const { auth = { kind: 'none' }, tenantKeys, emailNeedsScope, identifiersPerMinute } = options;
  const authentication = createAuthentication({ auth, tenantKeys, emailNeedsScope, telemetry });
  const { callerOf, findCaller } = authentication;
  const requestLog = createRequestLog({ log, clock, findCaller });
  const admit = createAdmission({ callerOf, identifiersPerMinute, limiter: shared?.limiter });
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
    admit(operation) {
      requestLog.noteIdentifiers(operation.request, operation.identifiers);
      return admit(operation);
    },
    forget,
    documents,
    requestLimits: {
      maxBodyBytes: options.maxBodyBytes ?? 1_048_576,
      maxBatchedOperations: options.maxBatchedOperations ?? 0,
    },
    maxIdentifiers: options.maxIdentifiers ?? 1_000,
    corsOrigins: options.corsOrigins ?? [],
    preventsCsrf: options.csrfPrevention ?? true,
    showsSchema,
    trustedDocuments: options.trustedDocuments,
    people: options.people ?? 'real',
    graphiql: options.graphiql,
    neededHeaders: {
      ...(auth.kind !== 'none' && { authorization: 'Bearer <your credential>' }),
      ...(isForCallers && { [USER_TOKEN_HEADER]: '<your user access token>' }),
    },
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
    forget,
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
      await shared?.close();
    },
  };
}
