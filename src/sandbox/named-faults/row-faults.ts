import { type PersonRow, toRow } from '../person.ts';
import { errCodeOf, type Reply, rowsReply } from '../reply.ts';
import { defineFault, type Incident } from './named-fault.ts';
import { choice, headerText, wholeNumber } from './parameter.ts';

const FIELDS = [
  'username',
  'email',
  'name_cn',
  'name_en',
  'avatar_url',
  'out_id',
  'status',
  'user_id',
  'name',
] as const;

/** How many rows, from the first on: no query gets more than 100. */
const rowCount = (byDefault: number) => wholeNumber(1, 100, byDefault);

/** Rows in the right shape that are not the right rows. Answers without rows are left as they are. */
export const rowFaults = {
  'rows-reordered': defineFault({
    about: 'the rows in an order drawn anew for every call',
    parameters: {},
    strike: (_values, incident) =>
      changeRows(incident, (rows) => {
        const drawn = rows.map((row) => ({ row, at: incident.random() }));
        return drawn.toSorted((a, b) => a.at - b.at).map(({ row }) => row);
      }),
  }),

  'rows-duplicated': defineFault({
    about: 'every row as often as times says',
    parameters: { times: wholeNumber(2, 100, 2) },
    strike: ({ times }, incident) => changeRows(incident, (rows) => Array.from({ length: times }, () => rows).flat()),
  }),

  'rows-missing': defineFault({
    about: 'the first rows are left out, as if these people did not exist',
    parameters: { rows: rowCount(1) },
    strike: ({ rows: count }, incident) => changeRows(incident, (rows) => rows.slice(count)),
  }),

  'rows-unasked': defineFault({
    about: 'rows of people nobody asked for on top, of the tenant own, other or any',
    parameters: { rows: rowCount(1), tenant: choice(['any', 'own', 'other'], 'any') },
    strike: ({ rows: count, tenant }, incident) =>
      changeRows(incident, (rows) => [...strangers(incident, rows, count, tenant), ...rows]),
  }),

  'rows-without': defineFault({
    about: 'a field that the plugin may not see: as=absent, null or empty',
    parameters: { field: choice(FIELDS, 'email'), as: choice(['absent', 'null', 'empty'], 'absent') },
    strike: ({ field, as }, incident) =>
      changeRows(incident, (rows) =>
        rows.map(({ [field]: _hidden, ...row }) => {
          if (as === 'absent') return row;
          return { ...row, [field]: as === 'null' ? null : '' };
        }),
      ),
  }),

  'email-case': defineFault({
    about: 'e-mails in the case upper, lower or mixed',
    parameters: { case: choice(['upper', 'lower', 'mixed'], 'upper') },
    strike: ({ case: letterCase }, incident) =>
      changeRows(incident, (rows) =>
        rows.map((row) => (row.email ? { ...row, email: CASES[letterCase](row.email) } : row)),
      ),
  }),

  'unknown-status': defineFault({
    about: 'a status nobody has heard of',
    parameters: { status: headerText('on_sabbatical') },
    strike: ({ status }, incident) => changeRows(incident, (rows) => rows.map((row) => ({ ...row, status }))),
  }),
};

function changeRows({ answer }: Incident, change: (rows: readonly PersonRow[]) => readonly PersonRow[]) {
  const reply: Reply = answer();
  const { data } = (reply.body ?? {}) as { data?: unknown };
  if (errCodeOf(reply) !== 0 || !Array.isArray(data)) return undefined;
  return rowsReply(change(data as readonly PersonRow[]));
}

/** People of the sandbox who are not in the answer; where it has too few, some whom nobody knows. */
function strangers(
  { people, ownTenantKey }: Incident,
  rows: readonly PersonRow[],
  count: number,
  tenant: 'any' | 'own' | 'other',
): PersonRow[] {
  const asked = new Set(rows.map(({ user_key }) => user_key));
  const found: PersonRow[] = [];
  for (const person of people) {
    if (found.length >= count) break;
    const isOwn = (person.tenant_key ?? ownTenantKey) === ownTenantKey;
    if (!asked.has(person.user_key) && (tenant === 'any' || isOwn === (tenant === 'own'))) found.push(toRow(person));
  }
  while (found.length < count) {
    const user_key = `8${String(found.length + 1).padStart(18, '0')}`;
    found.push(toRow({ user_key, email: `stranger${found.length + 1}@example.net`, status: 'activated' }));
  }
  return found;
}

const CASES: Readonly<Record<'upper' | 'lower' | 'mixed', (email: string) => string>> = {
  upper: (email) => email.toUpperCase(),
  lower: (email) => email.toLowerCase(),
  mixed: (email) =>
    email.replace(/./gsu, (letter, at: number) => (at % 2 ? letter.toLowerCase() : letter.toUpperCase())),
};
