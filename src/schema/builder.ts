import { createRequire } from 'node:module';
import type { UserLoaders } from '../directory/loaders.ts';
import type { Receipt } from '../directory/receipt.ts';
import type { AskedPeople } from './asked-people.ts';

// As CommonJS, like Yoga: its ES modules take longer to load.
const { default: SchemaBuilder } = createRequire(import.meta.url)('@pothos/core') as typeof import('@pothos/core');

/** What decides on what a caller is shown of people. */
export interface PeopleContext {
  /** False where e-mail addresses are not for this caller. */
  readonly mayReadEmail: boolean;
}

/** What every resolver can reach. Made anew for each request. */
export interface SchemaContext extends PeopleContext {
  readonly users: UserLoaders;
  /** What answering this request takes, so far. */
  readonly receipt: Receipt;
}

/** What types and fields tell about themselves, for checks that run before any resolver does, and for the fast path. */
declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /**
     * Whom a call of this field asks for, from its coerced arguments. Unset means nobody.
     * @param wanted the names of the fields that are selected of each person.
     */
    asksFor?: (args: _TArgs, context: PeopleContext, wanted: () => ReadonlySet<string>) => AskedPeople;
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
