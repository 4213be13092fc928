import type { Directory } from '../directory/directory.ts';
import type { LookupResult, Ticket } from '../directory/look-up.ts';
import type { AskedList, AskedPeople } from '../schema/asked-people.ts';

/** The answers of one list, and of all lists of one field. */
type Answers = readonly LookupResult[];
type FieldAnswers = readonly Answers[];

/** Lists of one kind and tenant, which are looked up as one. */
interface Group {
  readonly list: AskedList;
  readonly identifiers: string[];
}

/** Where the answers of one list begin among those of its group. */
interface Part {
  readonly group: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Looks up all lists of an operation, those of one kind and tenant together.
 * @returns for each field the answers of its lists.
 */
export function findTogether(
  asked: readonly AskedPeople[],
  directory: Directory,
  ticket: Ticket,
): readonly FieldAnswers[] | Promise<readonly FieldAnswers[]> {
  const [only] = asked;
  const [list] = only?.lists ?? [];
  // As most operations are: nothing to put together.
  if (list && asked.length === 1 && only?.lists.length === 1) {
    const { kind, tenantKey, identifiers } = list;
    const found = directory.find({ kind, tenantKey, identifiers, ticket });
    return found instanceof Promise ? found.then((answers) => [[answers]]) : [[found]];
  }
  const { groups, parts } = groupedLists(asked);
  const found = groups.map(({ list: { kind, tenantKey }, identifiers }) =>
    directory.find({ kind, tenantKey, identifiers, ticket }),
  );
  const split = (answers: readonly Answers[]) =>
    parts.map((own) => own.map(({ group, from, to }) => answers[group]?.slice(from, to) ?? []));
  if (areThere(found)) return split(found);
  return Promise.all(found.map(async (answers) => answers)).then(split);
}

function groupedLists(asked: readonly AskedPeople[]) {
  const groups: Group[] = [];
  const parts = asked.map(({ lists }) =>
    lists.map((list): Part => {
      let group = groups.findIndex(
        ({ list: { kind, tenantKey } }) => kind === list.kind && tenantKey === list.tenantKey,
      );
      if (group < 0) group = groups.push({ list, identifiers: [] }) - 1;
      const identifiers = groups[group]?.identifiers ?? [];
      const from = identifiers.length;
      for (const identifier of list.identifiers) identifiers.push(identifier);
      return { group, from, to: identifiers.length };
    }),
  );
  return { groups, parts };
}

const areThere = (found: readonly (Answers | Promise<Answers>)[]): found is Answers[] =>
  found.every((answers) => !(answers instanceof Promise));
