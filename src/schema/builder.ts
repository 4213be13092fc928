import { createRequire } from 'node:module';
import type { UserLoaders } from '../directory/loaders.ts';
import type { Receipt } from '../directory/receipt.ts';
import type { RequestedUsers } from './requested-users.ts';

// As CommonJS, like Yoga: its ES modules take longer to load.
const { default: SchemaBuilder } = createRequire(import.meta.url)('@pothos/core') as typeof import('@pothos/core');

/** Which fields of a user the caller may read. */
export interface UserContext {
  /** False where this caller may not read e-mail addresses. */
  readonly mayReadEmail: boolean;
}

/** The context of all resolvers, one for each request. */
export interface SchemaContext extends UserContext {
  readonly users: UserLoaders;
  /** What this request has taken so far. */
  readonly receipt: Receipt;
}

/** Extensions of fields, for the checks before execution and for the fast path. */
declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /**
     * The lookups of this field, from its coerced arguments. Unset means none.
     * @param wanted the names of the fields that are selected of each user.
     */
    requestedUsers?: (args: _TArgs, context: UserContext, wanted: () => ReadonlySet<string>) => RequestedUsers;
    /** How many identifiers this field has, from its coerced arguments. Unset means none. */
    countIdentifiers?: (args: Record<string, unknown>) => number;
    /** The tenant of this field, from its coerced arguments. */
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
