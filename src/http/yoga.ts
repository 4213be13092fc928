import type { GraphQLSchema } from 'graphql';
import type { YogaServerInstance } from 'graphql-yoga';
import type { ForgetEverywhere } from '../directory/forget.ts';
import type { SchemaContext } from '../schema/builder.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Cors } from './browsers/cors.ts';
import { useCsrfPrevention } from './browsers/csrf.ts';
import { type ExamplePeople, exampleTabs, type NeededHeaders } from './browsers/example-tabs.ts';
import { useGraphiql } from './browsers/graphiql.ts';
import { useLandingPage } from './browsers/landing-page.ts';
import type { Authentication } from './callers/authentication.ts';
import { useAuthentication, useUserToken } from './callers/authentication.ts';
import type { Arrivals } from './callers/caller.ts';
import { useHiddenSchema, useSchemaDownload } from './documents/introspection.ts';
import type { TrustedDocuments } from './documents/trusted-documents.ts';
import { DOCUMENT_ID, usePersistedQueryFallback, useTrustedDocuments } from './documents/trusted-documents.ts';
import { NO_HEALTH_CHECK, type Readiness, useNotFound, useProbes } from './endpoints.ts';
import { useForget } from './forget.ts';
import type { DocumentCache } from './limits/document-cache.ts';
import { useDocumentCache } from './limits/document-cache.ts';
import { useDocumentLimits } from './limits/document-limits.ts';
import { type OperationCheckOptions, useOperationCheck } from './limits/operation-check.ts';
import { type RequestLimits, useOwnCodes, useRequestLimits } from './limits/request-limits.ts';
import { maskError, useErrorOrder } from './masking.ts';
import { useReceipt } from './receipt.ts';
import { useAcceptable, useRefusalTypes } from './refusal.ts';
import { useResponseHeaders } from './response-headers.ts';
import { useMetrics } from './use-metrics.ts';
import type { YogaRequestLog } from './use-request-log.ts';
import { createYoga } from './yoga-library.ts';

export interface YogaOptions {
  schema: GraphQLSchema;
  /** Called once for each GraphQL request. Its signal aborts when the client hangs up. */
  createContext(request: Request): SchemaContext;
  readiness(): Readiness;
  authentication: Authentication;
  arrivals: Pick<Arrivals, 'find'>;
  /** Each request has to bring a user access token of its own. */
  needsUserToken: boolean;
  admit: OperationCheckOptions['admit'];
  forget: ForgetEverywhere;
  documents: DocumentCache;
  requestLimits: RequestLimits;
  maxIdentifiers: number;
  cors: Cors;
  /** Refuses requests that a page of any site could send without a preflight. */
  preventsCsrf: boolean;
  /** Answers introspection, and suggests names in errors. */
  showsSchema: boolean;
  /** For the page at `/`, where the schema is shown. */
  people: 'made-up' | 'real';
  /** The only documents that are run. @default any */
  trustedDocuments?: TrustedDocuments | undefined;
  /** Whom the example queries of GraphiQL name; `undefined` switches GraphiQL off. */
  graphiql?: ExamplePeople | undefined;
  /** Headers that callers have to send, for GraphiQL to show. */
  neededHeaders: NeededHeaders;
  requestLog: YogaRequestLog;
  /** Served at `/metrics`; `undefined` where they are not, or on a port of their own. */
  metrics?: Metrics | undefined;
}

export type GatewayYoga = YogaServerInstance<object, SchemaContext>;

/** The HTTP side: `/graphql`, `/forget`, `/health` and `/readiness`; `/` for browsers, `/schema.graphql`, and `/metrics`. */
export function createGatewayYoga(options: YogaOptions): GatewayYoga {
  const silent = () => {};
  return createYoga<object, SchemaContext>({
    schema: options.schema,
    context: ({ request }) => options.createContext(request),
    graphqlEndpoint: '/graphql',
    healthCheckEndpoint: NO_HEALTH_CHECK,
    // A plugin of our own, below.
    graphiql: false,
    maskedErrors: { maskError },
    logging: {
      debug: silent,
      info: silent,
      warn: silent,
      // Yoga logs whatever masking has changed, also what clients may see.
      error: options.requestLog.logFault,
    },
    // Yoga's default answers any origin, with credentials.
    cors: options.cors.forYoga,
    // No uploads in this schema, and a multipart form is a way around CORS' preflight.
    multipart: false,
    extraParamNames: options.trustedDocuments ? [DOCUMENT_ID] : [],
    landingPage: false,
    maxRequestBodySize: options.requestLimits.maxBodyBytes,
    batching: { limit: options.requestLimits.maxBatchedOperations },
    // It keeps what is not valid, too.
    parserAndValidationCache: false,
    plugins: [
      // Before the request log, which counts codes.
      useOwnCodes(options.requestLimits),
      // First of those that see a request, since it measures the time; it sees every response, whichever plugin makes it.
      options.requestLog.plugin,
      // On every refusal, whichever plugin makes it.
      useRefusalTypes(),
      // On every response, whichever plugin makes it.
      useResponseHeaders(options.cors),
      // Before anything that costs: orchestrators probe often, also when the gateway is busy.
      useProbes(options.readiness),
      // Before authentication: the page is where users enter their credential.
      options.graphiql !== undefined && useGraphiql(exampleTabs(options.graphiql, options.neededHeaders)),
      // Before authentication, too: it holds no users.
      useLandingPage({
        people: options.showsSchema ? options.people : undefined,
        hasGraphiql: options.graphiql !== undefined,
        schemaFor: schemaFor(options),
      }),
      // Before authentication, too: a 404 needs no credential.
      useNotFound({ schema: options.showsSchema, metrics: options.metrics !== undefined }),
      // Before the body is read: unauthenticated requests cost next to nothing.
      useAuthentication(options.authentication, options.arrivals),
      // After authentication, as introspection. No user token is needed.
      options.showsSchema && useSchemaDownload(),
      // After authentication. No user token is needed.
      useForget({
        forget: options.forget,
        callerOf: options.authentication.callerOf,
        admit: options.admit,
        onFault: options.requestLog.logFault,
      }),
      // After authentication: metrics are for known callers.
      options.metrics !== undefined && useMetrics(options.metrics, options.requestLog.logFault),
      // After authentication: the first credential first.
      options.needsUserToken && useUserToken(),
      // Before the body is read, and before plugins that throw: without an acceptable media type Yoga cannot send an error, either.
      useAcceptable(),
      // Before the body is read, too.
      options.preventsCsrf && useCsrfPrevention(),
      // Before anything is parsed.
      options.trustedDocuments ? useTrustedDocuments(options.trustedDocuments) : usePersistedQueryFallback(),
      !options.showsSchema && useHiddenSchema(),
      // While the body is read.
      useRequestLimits(options.requestLimits),
      // Before validation, which can cost more than execution.
      useDocumentLimits(),
      // After it: what is kept has passed the limits.
      useDocumentCache(options.documents),
      // After validation, before execution: what it refuses never reaches a resolver or the user API.
      useOperationCheck({
        maxIdentifiers: options.maxIdentifiers,
        hidesSuggestions: !options.showsSchema,
        admit: options.admit,
      }),
      // After execution, before the errors are counted.
      useErrorOrder(),
      // Around execution.
      useReceipt(),
    ],
  });
}

const schemaFor = ({ showsSchema, neededHeaders }: YogaOptions) => {
  if (!showsSchema) return 'none';
  return 'authorization' in neededHeaders ? 'callers' : 'all';
};
