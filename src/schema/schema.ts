import type { GraphQLSchema } from 'graphql';
import { createBuilder } from './builder.ts';
import { defineQuery } from './query.ts';
import { defineSubgraph, type SubgraphOptions } from './subgraph/define-subgraph.ts';
import { type SubgraphSdl, subgraphSdl } from './subgraph/sdl.ts';
import { defineUser } from './user.ts';

export interface SchemaOptions {
  /** Serves the SDL to supergraphs, in `_service` and `_sdl`. @default true */
  readonly showsSdl?: boolean | undefined;
  /** Skips the lookup where a supergraph query selects only fields that the reference has. @default false */
  readonly trustsReferences?: boolean | undefined;
}

/** The executable schema for clients and supergraphs. Its resolvers expect a `SchemaContext`. */
export function createSchema({ showsSdl = true, trustsReferences = false }: SchemaOptions = {}): GraphQLSchema {
  // Printed once a supergraph requests it: most gateways never need it.
  let sdl: SubgraphSdl | undefined;
  const getSdl = () => {
    sdl ??= createSdl();
    return sdl;
  };
  return buildSchema({ sdl: showsSdl ? getSdl : undefined, trustsReferences });
}

/** The schema for clients, without the fields for supergraphs. */
export const createApiSchema = (): GraphQLSchema => buildSchema(undefined);

/** The SDL for supergraphs. */
export const createSdl = (): SubgraphSdl => subgraphSdl(createApiSchema());

function buildSchema(subgraph: SubgraphOptions | undefined): GraphQLSchema {
  const builder = createBuilder();
  const User = defineUser(builder);
  defineQuery(builder, User);
  if (subgraph) defineSubgraph(builder, User, subgraph);
  // Unsorted: the order of the definitions is for readers.
  return builder.toSchema({ sortSchema: false });
}
