import type { Directory } from '../directory/directory.ts';
import type { Ticket } from '../directory/look-up.ts';
import type { GatewayError } from '../errors.ts';
import { overloadOf } from '../http/overloaded.ts';
import type { AskedPeople } from '../schema/asked-people.ts';
import type { PeopleContext } from '../schema/builder.ts';
import { findTogether } from './find-together.ts';
import { type MadeData, makeData } from './make-data.ts';
import type { PeopleCall } from './people-call.ts';
import type { PeopleField, RootSelection } from './selection.ts';
import { type WrittenData, writeData } from './write-data.ts';

export interface RunOptions {
  readonly selection: RootSelection;
  /** Of the fields of people, in their order. */
  readonly calls: readonly PeopleCall[];
  readonly context: PeopleContext;
  readonly directory: Directory;
  readonly ticket: Ticket;
}

/** `overload` where the operation is rejected as a whole. */
export type RunResult = MadeData | WrittenData | { readonly overload: GatewayError };

/**
 * Looks everybody up. A promise only where somebody has to be waited for.
 * @returns what makes the answer of them: when it is sent, since the value of a promise that was waited for long stays in memory for
 *   long.
 */
export function runPlan(options: RunOptions): (() => RunResult) | Promise<() => RunResult> {
  const { selection, calls, context, directory, ticket } = options;
  const asked = calls.map(({ field, args }) => askedBy(field, args, context));
  const found = findTogether(asked, directory, ticket);
  return found instanceof Promise ? found.then((lists) => () => answer(lists)) : () => answer(found);

  function answer(lists: Awaited<typeof found>): RunResult {
    const people = asked.map(({ place }, index) => place(lists[index] ?? []));
    const overload = overloadOf(people);
    if (overload) return { overload };
    const answered = { selection, calls, people, context };
    return writeData(answered) ?? makeData(answered);
  }
}

function askedBy(field: PeopleField, args: PeopleCall['args'], context: PeopleContext): AskedPeople {
  const asksFor = field.naming.field.extensions.asksFor as NonNullable<typeof field.naming.field.extensions.asksFor>;
  return asksFor(args, context, field.wanted);
}
