import type { RequestListener } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import type { Directory } from './directory/directory.ts';
import type { ForgetEverywhere } from './directory/forget.ts';
import { createUserLoaders } from './directory/loaders.ts';
import { createRequestContext, type RequestContextOptions } from './directory/request-context.ts';
import { GatewayError } from './errors.ts';
import type { GatewayOptions } from './gateway-options.ts';
import { createCors, createRefusedOriginLog } from './http/browsers/cors.ts';
import { createAdmission } from './http/callers/admission.ts';
import { createAuthentication, userTokenOf } from './http/callers/authentication.ts';
import { createArrivals } from './http/callers/caller.ts';
import { createDocumentValidation } from './http/document-validation.ts';
import { createTrustedSearch } from './http/documents/trusted-documents.ts';
import type { Readiness } from './http/endpoints.ts';
import { createFastPath } from './http/fast-path.ts';
import type { DocumentCache } from './http/limits/document-cache.ts';
import { createListener, yogaHandler } from './http/listener.ts';
import { createMetricsYoga } from './http/metrics-yoga.ts';
import { createPreparedOperations } from './http/prepared-operation.ts';
import type { HttpHandler } from './http/refusal.ts';
import { type AskedHeaders, bypassesCache } from './http/request-headers.ts';
import { createRequestLog } from './http/request-log.ts';
import { useRequestLog } from './http/use-request-log.ts';
import { createGatewayYoga, type GatewayYoga } from './http/yoga.ts';
import type { Clock } from './policies/clock.ts';
import type { SharedState } from './shared-state.ts';
import type { Telemetry } from './telemetry/events.ts';
import type { Log } from './telemetry/log.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { Traces } from './telemetry/tracing.ts';
import { USER_TOKEN_HEADER } from './upstream/user-token.ts';

/** The dependencies of the HTTP layer. */
export interface GatewayHttpParts {
  readonly schema: GraphQLSchema;
  readonly directory: Directory;
  readonly forget: ForgetEverywhere;
  readonly documents: DocumentCache;
  /** Counts the identifiers of callers. @default in this process */
  readonly limiter: SharedState['limiter'];
  readiness(): Readiness;
  readonly metrics: Metrics | undefined;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly traces: Traces;
  readonly clock: Clock;
}

export interface GatewayHttp {
  readonly main: HttpHandler;
  /** `/metrics` alone, for a separate port; `undefined` without metrics. */
  readonly metrics: HttpHandler | undefined;
  beginTermination(): void;
  /** Drops all documents, and what was prepared of them: they may contain identifiers of users. */
  clearDocuments(): void;
  dispose(): Promise<void>;
}

/** Wires the HTTP layer, by the options of the gateway. */
export function createGatewayHttp(options: GatewayOptions, parts: GatewayHttpParts): GatewayHttp {
  const { directory, metrics, log, telemetry, traces, clock } = parts;
  const { auth = { kind: 'none' }, tenantKeys, emailNeedsScope, identifiersPerMinute } = options;
  const isForCallers = options.identity === 'caller';
  const authentication = createAuthentication({ auth, tenantKeys, emailNeedsScope, clock, telemetry });
  const { callerOf, findCaller } = authentication;
  const arrivals = createArrivals();
  const requestLog = createRequestLog({ log, telemetry, traces, clock });
  const yogaLog = useRequestLog(requestLog, findCaller, arrivals);
  const { maxBodyBytes = 1_048_576, maxIdentifiers = 1_000, people = 'real', corsOrigins } = options;
  const cors = createCors({
    origins: corsOrigins ?? [],
    allowsLoopback: corsOrigins === undefined && people === 'made-up',
    allowedHeaders: options.corsAllowedHeaders ?? [],
    onRefused: createRefusedOriginLog(log),
  });
  const showsSchema = options.introspection ?? true;
  const admit = createAdmission({ identifiersPerMinute, limiter: parts.limiter });
  const yoga = createGatewayYoga({
    ...parts,
    createContext(request) {
      const userToken = isForCallers ? userTokenOf(request.headers) : undefined;
      if (userToken instanceof GatewayError) throw userToken;
      const span = yogaLog.spanOf(request);
      const context = createRequest(request.headers, { userToken, signal: request.signal, span });
      return {
        users: createUserLoaders(directory, context),
        receipt: context.receipt,
        mayReadEmail: callerOf(request).mayReadEmail,
      };
    },
    authentication,
    arrivals,
    needsUserToken: isForCallers,
    admit(operation, request) {
      yogaLog.recordIdentifiers(request, operation.identifiers);
      return admit({ ...operation, caller: callerOf(request) });
    },
    requestLimits: { maxBodyBytes, maxBatchedOperations: options.maxBatchedOperations ?? 0 },
    maxIdentifiers,
    cors,
    preventsCsrf: options.csrfPrevention ?? true,
    showsSchema,
    trustedDocuments: options.trustedDocuments,
    people,
    graphiql: options.graphiql,
    neededHeaders: {
      ...(auth.kind !== 'none' && { authorization: 'Bearer <your credential>' }),
      ...(isForCallers && { [USER_TOKEN_HEADER]: '<your user access token>' }),
    },
    requestLog: yogaLog,
    metrics: options.metrics === 'apart' ? undefined : metrics,
  });
  const metricsYoga = metrics && createMetricsYoga({ metrics, authentication, arrivals, requestLog: yogaLog });

  const operations = createPreparedOperations(parts.schema, maxIdentifiers);
  const fastPath = (listener: RequestListener) =>
    createFastPath(
      {
        ...parts,
        operations,
        findDocument: createDocumentValidation({ ...parts, showsSchema }),
        authentication,
        arrivals,
        needsUserToken: isForCallers,
        admit,
        createRequest,
        requestLog,
        findTrusted: options.trustedDocuments && createTrustedSearch(options.trustedDocuments),
        maxBodyBytes,
        variesByOrigin: cors.variesByOrigin,
        corsHeaders: cors.headersFor,
      },
      listener,
    );

  return {
    main: handlerOf(yoga, options.fastPath === false ? undefined : fastPath),
    metrics: metricsYoga && handlerOf(metricsYoga),
    beginTermination: requestLog.beginTermination,
    clearDocuments() {
      parts.documents.clear();
      operations.clear();
    },
    async dispose() {
      await yoga.dispose();
      await metricsYoga?.dispose();
      requestLog.reportTerminated();
    },
  };

  function createRequest(
    headers: AskedHeaders,
    { userToken, signal, span }: Pick<RequestContextOptions, 'userToken' | 'signal' | 'span'>,
  ) {
    return createRequestContext({
      userToken,
      signal,
      span,
      timeoutMs: options.requestTimeoutMs,
      bypassCache: bypassesCache(headers),
      clock,
    });
  }

  function handlerOf(server: GatewayYoga, shortcut?: (listener: RequestListener) => RequestListener): HttpHandler {
    const isLoopbackOnly = auth.kind === 'none' && auth.hosts !== 'any';
    return createListener(yogaHandler(server, shortcut), { isLoopbackOnly, cors, onRefused: requestLog.logRefusal });
  }
}
