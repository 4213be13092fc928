import type { FrontEndName } from '../front-end.mjs';

type Figures = Record<FrontEndName, number>;

export interface Case {
  readonly title: string;
  readonly query: string;
  /** Asked before, as it stands. */
  readonly isRepeated?: boolean;
  /** Calls to the user API. */
  readonly upstreamCalls: Figures;
  /** Those which bad luck may need: operations that come one by one may miss the first call. */
  readonly upstreamCallsAtMost?: Figures;
  /** Operations that the front end sends to lark-user-gateway. */
  readonly operations: Figures;
}

const same = (figure: number): Figures => ({ apollo: figure, hive: figure, stitching: figure });
const aliases = Array.from({ length: 40 }, (_, index) => `a${index}: comments(first: 20) { author { name } }`);
const EVERYBODY = '{ comments { text author { name nameEn } } }';

/** What queries cost. The README shows this as a table, and the tests count it. */
export const CASES: readonly Case[] = [
  {
    title: '200 comments by 120 people',
    query: EVERYBODY,
    upstreamCalls: same(2),
    operations: same(1),
  },
  {
    title: '30 comments with author by key, reviewers by e-mail, assignee by out id',
    query: '{ comments(first: 30) { author { name } reviewers { name } assignee { name } } }',
    upstreamCalls: same(3),
    operations: { apollo: 3, hive: 1, stitching: 1 },
  },
  {
    title: '40 aliases of 20 comments, by the same 20 people',
    query: `{ ${aliases.join(' ')} }`,
    upstreamCalls: same(1),
    upstreamCallsAtMost: { apollo: 3, hive: 1, stitching: 1 },
    operations: { apollo: 40, hive: 1, stitching: 1 },
  },
  {
    title: '200 comments by 120 people, once more within a minute',
    query: EVERYBODY,
    isRepeated: true,
    upstreamCalls: same(0),
    operations: same(1),
  },
];

/** As in the README. */
export function costTable(): string {
  const cell = ({ upstreamCalls, upstreamCallsAtMost, operations }: Case, name: FrontEndName) => {
    const most = upstreamCallsAtMost?.[name] ?? upstreamCalls[name];
    const calls = most > upstreamCalls[name] ? `${upstreamCalls[name]} to ${most}` : String(upstreamCalls[name]);
    return `${calls} (${operations[name]})`;
  };
  return [
    '| what is asked | Apollo Gateway | Hive Gateway | stitching |',
    '| --- | ---: | ---: | ---: |',
    ...CASES.map(
      (one) => `| ${one.title} | ${cell(one, 'apollo')} | ${cell(one, 'hive')} | ${cell(one, 'stitching')} |`,
    ),
  ].join('\n');
}
