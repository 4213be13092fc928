import type { GraphQLSchema } from 'graphql';
import { createBuilder } from './builder.ts';
import { defineQuery } from './query.ts';
import { defineSubgraph, type SubgraphOptions } from './subgraph/define-subgraph.ts';
import { type SubgraphSdl, subgraphSdl } from './subgraph/sdl.ts';
import { defineUser } from './user.ts';

export interface SchemaOptions {
  /** Tells supergraphs the schema as text, by `_service` and `_sdl`. @default true */
  readonly showsSdl?: boolean | undefined;
  /** Looks nobody up of whom a query of a supergraph wants only what its reference tells already. @default false */
  readonly trustsReferences?: boolean | undefined;
}

/** The executable schema, as clients and supergraphs are served it. Its resolvers expect a `SchemaContext`. */
export function createSchema({ showsSdl = true, trustsReferences = false }: SchemaOptions = {}): GraphQLSchema {
  // Supergraphs ask once; all others need not wait for it to be printed.
  let sdl: SubgraphSdl | undefined;
  const tellSdl = () => {
    sdl ??= createSdl();
    return sdl;
  };
  return buildSchema({ sdl: showsSdl ? tellSdl : undefined, trustsReferences });
}

/** What clients need to know: without the fields for supergraphs. */
export const createApiSchema = (): GraphQLSchema => buildSchema(undefined);

/** What supergraphs need to know. */
export const createSdl = (): SubgraphSdl => subgraphSdl(createApiSchema());

function buildSchema(subgraph: SubgraphOptions | undefined): GraphQLSchema {
  const builder = createBuilder();
  const User = defineUser(builder);
  defineQuery(builder, User);
  if (subgraph) defineSubgraph(builder, User, subgraph);
  // Unsorted: people read the schema in the order it was written in.
  return builder.toSchema({ sortSchema: false });
}
