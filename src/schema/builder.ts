import SchemaBuilder from '@pothos/core';
import type { UserLoaders } from '../directory/loaders.ts';
import type { Receipt } from '../directory/receipt.ts';

/** What every resolver can reach. Made anew for each request. */
export interface SchemaContext {
  readonly users: UserLoaders;
  /** What answering this request takes, so far. */
  readonly receipt: Receipt;
  /** False where e-mail addresses are not for this caller. */
  readonly mayReadEmail: boolean;
}

/** What a field tells about itself, for checks that run before any resolver does. */
declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /** How many identifiers a call of this field names, from its coerced arguments. Unset means none. */
    countIdentifiers?: (args: Record<string, unknown>) => number;
    /** The tenant that a call of this field names, from its coerced arguments. */
    tenantKeyOf?: (args: Record<string, unknown>) => string | undefined;
  }
}

export type Builder = ReturnType<typeof createBuilder>;

export function createBuilder() {
  return new SchemaBuilder<{
    Context: SchemaContext;
    Scalars: { ID: { Input: string; Output: string }; _Any: { Input: unknown; Output: unknown } };
  }>({});
}
