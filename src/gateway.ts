import type { RequestListener } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { createDirectory, type Directory } from './directory/directory.ts';
import { createUserLoaders } from './directory/loaders.ts';
import type { PersonCacheOptions } from './directory/person-cache.ts';
import { createTicket } from './directory/ticket.ts';
import type { ExamplePeople } from './http/example-tabs.ts';
import { wantsFreshPeople } from './http/request-headers.ts';
import type { Readiness } from './http/use-readiness.ts';
import { createGatewayYoga } from './http/yoga.ts';
import { type Clock, monotonicClock } from './policies/clock.ts';
import { createQuota } from './policies/quota.ts';
import { createSchema } from './schema/schema.ts';
import { noTelemetry, type Telemetry } from './telemetry/events.ts';
import { createUpstreamState } from './telemetry/upstream-state.ts';
import { createPluginToken, type PluginCredential } from './upstream/plugin-token.ts';
import { createTransport, type TransportOptions } from './upstream/transport.ts';
import { createUserQuery } from './upstream/user-query.ts';
import { warmUp } from './upstream/warm-up.ts';

export interface GatewayOptions extends TransportOptions, PluginCredential {
  /** `X-USER-KEY`: the acting person. Not needed with a plugin token. @default not sent */
  userKey?: string | undefined;
  /** Total deadline of one call to the user API, in milliseconds. @default 3000 */
  timeoutMs?: number | undefined;
  /** How long a request may take in all, in milliseconds. @default 10000 */
  requestTimeoutMs?: number | undefined;
  /** Calls to the user API in any one second, over all kinds of look-up. The vendor's limit for a token is 15. @default 15 */
  callsPerSecond?: number | undefined;
  /** Look-ups that may wait for a call, over all requests. @default 6000 */
  queueLimit?: number | undefined;
  /** How long people are served from memory. @default 60 s, "not found" 5 s, 50,000 people */
  cache?: Omit<PersonCacheOptions, 'clock'> | undefined;
  /** Identifiers that one operation may name, over all its fields and lists. @default 1000 */
  maxIdentifiers?: number | undefined;
  /** Serves GraphiQL to browsers at `/graphql`, with examples that name these people. @default off */
  graphiql?: ExamplePeople | undefined;
  /** Receives what happens, in figures. @default nothing */
  telemetry?: Telemetry | undefined;
  /** Receives the stack of each fault of the gateway itself. @default writes it to standard error */
  logFault?: ((stack: string) => void) | undefined;
  /** @default the process' monotonic clock */
  clock?: Clock | undefined;
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

/** Wires the layers together. Nothing is shared between two gateways, so a process can hold several. */
export function createGateway(options: GatewayOptions): Gateway {
  const clock = options.clock ?? monotonicClock;
  const timeoutMs = options.timeoutMs ?? 3_000;
  const upstreamState = createUpstreamState();
  const report = options.telemetry ?? noTelemetry;
  const telemetry: Telemetry = (event) => {
    upstreamState.observe(event);
    report(event);
  };

  const transport = createTransport(options);
  const pluginToken = createPluginToken({ ...options, transport, timeoutMs, clock, telemetry });
  const queryUsers = createUserQuery({ transport, pluginToken, userKey: options.userKey, timeoutMs, clock, telemetry });
  const directory = createDirectory({
    queryUsers,
    quotaOf: () => createQuota({ callsPerSecond: options.callsPerSecond, clock }),
    queueLimit: options.queueLimit,
    cache: options.cache,
    clock,
    telemetry,
  });
  const schema = createSchema();

  const closing = new AbortController();
  let hasToken = false;
  let isStopping = false;
  const whenReady = warmUp(pluginToken, closing.signal).then((isWarm) => {
    hasToken = isWarm;
    return isWarm;
  });

  const readiness = () => ({ isReady: hasToken && !isStopping, upstream: upstreamState.current() });
  const yoga = createGatewayYoga({
    schema,
    createContext(request) {
      const ticket = createTicket({
        timeoutMs: options.requestTimeoutMs,
        signal: request.signal,
        wantsFresh: wantsFreshPeople(request),
        clock,
      });
      return { users: createUserLoaders(directory, ticket), receipt: ticket.receipt };
    },
    readiness,
    maxIdentifiers: options.maxIdentifiers ?? 1_000,
    graphiql: options.graphiql,
    logFault: options.logFault ?? ((stack) => process.stderr.write(`${stack}\n`)),
  });

  return {
    fetch: async (request) => yoga.fetch(request),
    requestListener: (request, response) => void yoga(request, response),
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
      pluginToken.close();
      await yoga.dispose();
      await transport.close();
    },
  };
}
