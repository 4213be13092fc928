import type { GraphQLSchema } from 'graphql';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { SchemaContext } from '../schema/builder.ts';
import { type ExamplePeople, exampleTabs } from './browsers/example-tabs.ts';
import { graphiqlOptions, renderGraphiql } from './browsers/graphiql.ts';
import type { Admit } from './callers/admission.ts';
import type { Authentication } from './callers/authentication.ts';
import { useAuthentication } from './callers/use-authentication.ts';
import { useUserToken } from './callers/use-user-token.ts';
import { useOperationCheck } from './limits/use-operation-check.ts';
import { isFault, maskError, stackOf } from './masking.ts';
import { type Readiness, useReadiness } from './use-readiness.ts';
import { useReceipt } from './use-receipt.ts';

export interface YogaOptions {
  schema: GraphQLSchema;
  /** Called once for each GraphQL request. Its signal aborts when the client hangs up. */
  createContext(request: Request): SchemaContext;
  readiness(): Readiness;
  authentication: Authentication;
  /** Each request has to bring a user access token of its own. */
  needsUserToken: boolean;
  admit: Admit;
  maxIdentifiers: number;
  /** Whom the example queries of GraphiQL name; `undefined` switches GraphiQL off. */
  graphiql?: ExamplePeople | undefined;
  /** Gets the stack of each fault of the gateway itself. */
  logFault(stack: string): void;
}

export type GatewayYoga = YogaServerInstance<object, SchemaContext>;

/** The HTTP side: `/graphql`, `/health` and `/readiness`. */
export function createGatewayYoga(options: YogaOptions): GatewayYoga {
  const silent = () => {};
  return createYoga<object, SchemaContext>({
    schema: options.schema,
    context: ({ request }) => options.createContext(request),
    graphqlEndpoint: '/graphql',
    healthCheckEndpoint: '/health',
    graphiql: options.graphiql ? graphiqlOptions(exampleTabs(options.graphiql)) : false,
    renderGraphiQL: renderGraphiql,
    maskedErrors: { maskError },
    logging: {
      debug: silent,
      info: silent,
      warn: silent,
      // Yoga logs whatever masking has changed, also what clients may see.
      error: (error: unknown) => isFault(error) && options.logFault(stackOf(error)),
    },
    // Yoga's default answers any origin, with credentials. Nothing here is for other sites' scripts.
    cors: false,
    // No uploads in this schema, and a multipart form is a way around CORS' preflight.
    multipart: false,
    landingPage: false,
    plugins: [
      // Before anything that costs: an orchestrator asks often, also when the gateway is busy.
      useReadiness(options.readiness),
      // Before the body is read: strangers cost next to nothing.
      useAuthentication(options.authentication, { logFault: (error) => options.logFault(stackOf(error)) }),
      // After it: strangers need not learn what else would be wanted.
      ...(options.needsUserToken ? [useUserToken()] : []),
      // After validation, before execution: what it refuses never reaches a resolver or the user API.
      useOperationCheck({ maxIdentifiers: options.maxIdentifiers, admit: options.admit }),
      // Around execution: tells what it took.
      useReceipt(),
    ],
  });
}
