import { isTooNested } from '../http/limits/json-nesting.ts';
import { type Named, sumNamed } from '../schema/named-in-operation.ts';
import { overNamed } from '../schema/operation-check.ts';
import { parseJson } from '../upstream/parse-json.ts';
import { createFindKnown, type KnownOperationsOptions } from './known-operations.ts';
import { callsOf, type PeopleCall } from './people-call.ts';
import type { RootSelection } from './selection.ts';

/** An operation that the lane answers, whatever comes of it. */
export interface Job {
  readonly selection: RootSelection;
  readonly calls: readonly PeopleCall[];
  readonly named: Named;
}

export interface JobOptions extends KnownOperationsOptions {
  /** Identifiers that one operation may name. */
  readonly maxIdentifiers: number;
}

/**
 * @returns finds out what the body of a request asks for: `undefined` where anything about it is odd, unknown or over a limit, for
 *   Yoga to answer or to refuse.
 */
export function createJobReader({ maxIdentifiers, ...options }: JobOptions): (body: Buffer) => Job | undefined {
  const findKnown = createFindKnown(options);

  return function readJob(body) {
    const text = body.toString();
    if (isTooNested(text)) return undefined;
    const known = findKnown(parseJson(text));
    const variables = known?.plan.readVariables(known.variables);
    const selection = variables && known?.plan.selectionFor(variables);
    const calls = selection && callsOf(selection, variables);
    if (!calls) return undefined;
    const named = sumNamed(calls);
    return overNamed(named, maxIdentifiers).length > 0 ? undefined : { selection, calls, named };
  };
}
