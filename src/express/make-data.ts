import { type GraphQLError, locatedError } from 'graphql';
import type { LookupResult } from '../directory/look-up.ts';
import { GatewayError } from '../errors.ts';
import type { PeopleContext } from '../schema/builder.ts';
import type { Person } from '../upstream/person.ts';
import type { PeopleCall } from './people-call.ts';
import type { PeopleField, PersonField, RootSelection } from './selection.ts';

/** An operation whose people have all been looked up. */
export interface AnsweredPlan {
  readonly selection: RootSelection;
  /** Of the fields of people, in their order. */
  readonly calls: readonly PeopleCall[];
  /** Of each call. */
  readonly people: readonly (readonly LookupResult[])[];
  readonly context: PeopleContext;
}

export interface MadeData {
  readonly data: Record<string, unknown>;
  /** Where they belong, not yet masked. */
  readonly errors: readonly GraphQLError[];
}

/** Makes the data of an answer, and its errors. */
export function makeData({ selection, calls, people, context }: AnsweredPlan): MadeData {
  const data: Record<string, unknown> = {};
  const errors: GraphQLError[] = [];
  let next = 0;
  for (const field of selection) {
    if ('typename' in field) {
      data[field.responseName] = field.typename;
      continue;
    }
    const { personArgs } = calls[next] as PeopleCall;
    const found = people[next] ?? [];
    next++;
    data[field.responseName] = field.isList
      ? found.map((person, index) =>
          personValue(person, field, personArgs, context, [field.responseName, index], errors),
        )
      : personValue(found[0] ?? null, field, personArgs, context, [field.responseName], errors);
  }
  return { data, errors };
}

type Path = readonly (string | number)[];

function personValue(
  person: LookupResult,
  field: PeopleField,
  personArgs: readonly unknown[],
  context: PeopleContext,
  path: Path,
  errors: GraphQLError[],
): Record<string, unknown> | null {
  if (person === null) return null;
  if (person instanceof GatewayError) {
    errors.push(locatedError(person, field.nodes, path));
    return null;
  }
  const value: Record<string, unknown> = {};
  for (let index = 0; index < field.person.length; index++) {
    const own = field.person[index] as PersonField;
    try {
      value[own.responseName] = leafValue(own, person, personArgs[index], context);
    } catch (error) {
      errors.push(locatedError(error, own.nodes, [...path, own.responseName]));
      if (own.isNonNull) return null;
      value[own.responseName] = null;
    }
  }
  return value;
}

function leafValue(
  { resolve, leaf, isNonNull }: PersonField,
  person: Person,
  args: unknown,
  context: unknown,
): unknown {
  const value = resolve(person, args, context);
  if (value !== null && value !== undefined) return leaf.serialize(value);
  if (isNonNull) throw new TypeError('Cannot return null for a field that is never null.');
  return null;
}
