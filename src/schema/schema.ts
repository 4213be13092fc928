import type { GraphQLSchema } from 'graphql';
import { createBuilder } from './builder.ts';
import { defineQuery } from './query.ts';
import { defineUser } from './user.ts';

/** The executable schema. Its resolvers expect a `SchemaContext`. */
export function createSchema(): GraphQLSchema {
  const builder = createBuilder();
  defineQuery(builder, defineUser(builder));
  // Unsorted: people read the schema in the order it was written in.
  return builder.toSchema({ sortSchema: false });
}
