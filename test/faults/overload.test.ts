import { describe, expect, it } from 'vitest';
import { codesByPath, type GraphQLAnswer } from '../support/gateway-with-sandbox.ts';
import { mostInAnySecond } from '../support/in-any-second.ts';
import { keysFrom } from '../support/user-keys.ts';
import { quickGateway } from './strike.ts';

const list = (keys: readonly string[]) => `{ users(keys: ${JSON.stringify(keys)}) { key } }`;
/** An operation that is rejected as a whole is one error without a path. */
const isRejected = ({ data, errors }: GraphQLAnswer) => data === undefined && errors?.length === 1 && !errors[0]?.path;
const people = (answer: GraphQLAnswer): ({ key: string } | null)[] =>
  isRejected(answer)
    ? Array.from({ length: 100 }, () => null)
    : (answer.data as { users: ({ key: string } | null)[] }).users;

describe('overload: far more unique look-ups than the quota allows', () => {
  it("served at the quota's ceiling, the rest shed early with `OVERLOADED`; recovers by itself", async () => {
    const { query, sandbox, upstreamCalls } = await quickGateway(
      { callsPerSecond: 5, queueLimit: 600 },
      { people: 3_000, callsPerSecond: 5 },
    );
    const lists = Array.from({ length: 30 }, (_, n) => keysFrom(100 * n + 1, 100));
    const answers = await Promise.all(lists.map((keys) => query(list(keys))));

    const served = lists.filter((_, n) => !answers[n]?.errors);
    const shed = lists.filter((_, n) => answers[n]?.errors);
    expect(served.length).toBeGreaterThanOrEqual(5);
    expect(shed.length).toBeGreaterThanOrEqual(20);
    answers.forEach((answer, n) => {
      const keys = lists[n] ?? [];
      const failed = new Set(answer.errors?.map(({ path }) => path?.[1]));
      expect(people(answer)).toEqual(keys.map((key, at) => (isRejected(answer) || failed.has(at) ? null : { key })));
      for (const { extensions } of answer.errors ?? []) {
        expect(extensions?.code).toBe('OVERLOADED');
        expect(extensions?.retryAfterMs).toBeGreaterThan(0);
      }
    });

    // Nobody who was shed was asked for, no call was above the quota, and none was a waste of it.
    const asked = (upstreamCalls() as { user_keys: string[] }[]).flatMap(({ user_keys }) => user_keys);
    expect(asked.toSorted()).toEqual(
      lists.flatMap((keys, n) => keys.filter((_, at) => people(answers[n] as GraphQLAnswer)[at])).toSorted(),
    );
    expect(
      mostInAnySecond(
        sandbox
          .calls()
          .filter((call) => call.interface === 'user_query')
          .map(({ at }) => at),
      ),
    ).toBeLessThanOrEqual(5);
    expect(sandbox.calls().filter(({ errCode }) => errCode === 10429)).toEqual([]);

    expect(people(await query(list(shed[0] ?? [])))).toEqual((shed[0] ?? []).map((key) => ({ key })));
  });

  it('a wait that would outlast the deadline is shed before it began', async () => {
    const { query, upstreamCalls } = await quickGateway(
      { callsPerSecond: 1, requestTimeoutMs: 2_500 },
      { people: 1_000 },
    );
    const answer = await query(list(keysFrom(1, 1_000)));
    expect(answer).not.toHaveProperty('data');
    expect(codesByPath(answer)).toEqual(['(request): OVERLOADED']);
    expect(upstreamCalls()).toEqual([]);
    // UserStore still serves, and so does the quota for whoever asks for less.
    expect(await query(list(keysFrom(1, 2)))).toEqual({ data: { users: keysFrom(1, 2).map((key) => ({ key })) } });
  });
});
