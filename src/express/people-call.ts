import type { NamingCall } from '../schema/named-in-operation.ts';
import type { PeopleField, RootSelection } from './selection.ts';

/** One field of an operation, with what it was called with. */
export interface PeopleCall extends NamingCall {
  readonly field: PeopleField;
  /** Of the fields of a person, in their order. */
  readonly personArgs: readonly unknown[];
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
