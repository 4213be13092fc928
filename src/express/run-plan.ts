import { type GraphQLError, locatedError } from 'graphql';
import type { Directory } from '../directory/directory.ts';
import type { LookupResult, Ticket } from '../directory/look-up.ts';
import { GatewayError } from '../errors.ts';
import type { AskedPeople } from '../schema/asked-people.ts';
import type { PeopleContext } from '../schema/builder.ts';
import type { NamingCall } from '../schema/named-in-operation.ts';
import type { Person } from '../upstream/person.ts';
import { findTogether } from './find-together.ts';
import type { PeopleField, PersonField, RootSelection } from './selection.ts';

/** One field of an operation, with what it was called with. */
export interface PeopleCall extends NamingCall {
  readonly field: PeopleField;
  /** Of the fields of a person, in their order. */
  readonly personArgs: readonly unknown[];
}

export interface RunOptions {
  readonly selection: RootSelection;
  /** Of the fields of people, in their order. */
  readonly calls: readonly PeopleCall[];
  readonly context: PeopleContext;
  readonly directory: Directory;
  readonly ticket: Ticket;
}

export interface RunResult {
  readonly data: Record<string, unknown>;
  /** Where they belong, not yet masked. */
  readonly errors: readonly GraphQLError[];
}

/** @returns the arguments of all fields; `undefined` where one of them is for graphql-js to refuse. */
export function callsOf(selection: RootSelection, variables: Record<string, unknown>): PeopleCall[] | undefined {
  const calls: PeopleCall[] = [];
  for (const field of selection) {
    if ('typename' in field) continue;
    const args = field.readArguments(variables);
    if (!args) return undefined;
    const personArgs = field.readPersonArguments(variables);
    if (!personArgs) return undefined;
    calls.push({ field, naming: field.naming, args, personArgs });
  }
  return calls;
}

/** Looks everybody up and makes the answer. A promise only where somebody has to be waited for. */
export function runPlan({ selection, calls, context, directory, ticket }: RunOptions): RunResult | Promise<RunResult> {
  const asked = calls.map(({ field, args }) => askedBy(field, args, context));
  return findTogether(asked, directory, ticket, answer);

  function answer(results: readonly (readonly (readonly LookupResult[])[])[]): RunResult {
    const data: Record<string, unknown> = {};
    const errors: GraphQLError[] = [];
    let next = 0;
    for (const field of selection) {
      if ('typename' in field) {
        data[field.responseName] = field.typename;
        continue;
      }
      const { personArgs } = calls[next] as PeopleCall;
      const people = (asked[next] as AskedPeople).place(results[next] ?? []);
      next++;
      data[field.responseName] = field.isList
        ? people.map((person, index) =>
            personValue(person, field, personArgs, context, [field.responseName, index], errors),
          )
        : personValue(people[0] ?? null, field, personArgs, context, [field.responseName], errors);
    }
    return { data, errors };
  }
}

function askedBy(field: PeopleField, args: PeopleCall['args'], context: PeopleContext): AskedPeople {
  const asksFor = field.naming.field.extensions.asksFor as NonNullable<typeof field.naming.field.extensions.asksFor>;
  return asksFor(args, context, field.wanted);
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
