import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../src/sandbox/sandbox.ts';
import { codesByPath, type GraphQLAnswer } from '../support/gateway-with-sandbox.ts';
import { keysFrom } from '../support/user-keys.ts';
import {
  failure,
  LI_SI,
  noFailure,
  outcomeOf,
  quickGateway,
  SPARED,
  strike,
  THREE,
  WANG_WU,
  ZHANG_SAN,
} from './strike.ts';

const list = (keys: readonly string[]) => `{ users(keys: ${JSON.stringify(keys)}) { key } }`;
const people = (answer: GraphQLAnswer) => (answer.data as { users: ({ key: string } | null)[] }).users;

describe('malformed envelope: UPSTREAM_BAD_RESPONSE', () => {
  it.each(['code-text', 'no-code', 'no-data', 'data-null', 'data-object', 'data-text', 'null', 'list'] as const)(
    '%s',
    async (shape) => {
      expect(await outcomeOf(await strike({ name: 'malformed-envelope', shape }))).toEqual(
        failure('UPSTREAM_BAD_RESPONSE', 2),
      );
    },
  );

  it.each<FaultSpec>([
    { name: 'malformed-envelope', shape: 'proto' },
    { name: 'malformed-rows', shape: 'proto', rows: 100 },
  ])('%o: __proto__ as a key is never prototype pollution', async (spec) => {
    const struck = await strike(spec);
    expect(Reflect.ownKeys({})).toEqual([]);
    expect(({} as { isAdmin?: boolean; user_key?: string }).isAdmin).toBeUndefined();
    expect(({} as { isAdmin?: boolean; user_key?: string }).user_key).toBeUndefined();
    expect(await outcomeOf(struck)).toEqual(noFailure(1));
  });
});

describe('malformed single row: dropped and counted, the others kept', () => {
  it.each(['null', 'number', 'list', 'no-key', 'numeric-key', 'empty-key'] as const)(
    '%s: every identifier of that call left unanswered is UPSTREAM_BAD_RESPONSE, never "not found"',
    async (shape) => {
      const { query, sandbox, upstreamCalls, events } = await quickGateway();
      sandbox.faults.start({ name: 'malformed-rows', shape });
      const keys = [...keysFrom(1, 20), 'nobody'];
      const answer = await query(list(keys));
      const unanswered = keys.filter((_, at) => people(answer)[at] === null);
      expect(unanswered).toEqual([expect.stringMatching(/^7/), 'nobody']);
      expect(people(answer)).toEqual(keys.map((key) => (unanswered.includes(key) ? null : { key })));
      expect(codesByPath(answer)).toEqual(
        unanswered.map((key) => `users.${keys.indexOf(key)}: UPSTREAM_BAD_RESPONSE`).toSorted(),
      );
      expect(events).toContainEqual(expect.objectContaining({ type: 'rows-dropped', malformed: 1, unrequested: 0 }));

      sandbox.faults.clear();
      expect(people(await query(list(keys)))).toEqual(keys.map((key) => (key === 'nobody' ? null : { key })));
      expect(upstreamCalls()).toEqual([{ user_keys: keys }, { user_keys: unanswered }]);
    },
  );
});

describe('rows lack the field that was asked by', () => {
  const two = '{ users: usersByEmail(emails: ["zhangsan@example.com", "lisi@example.com"]) { key } }';

  it.each(['absent', 'null', 'empty'] as const)(
    '%s: the identifiers left unanswered are UPSTREAM_BAD_RESPONSE, the message naming the field and the permission',
    async (as) => {
      const { query, sandbox, upstreamCalls } = await quickGateway();
      sandbox.faults.start({ name: 'rows-without', field: 'email', as });
      const answer = await query(`{ beside: user(key: "${WANG_WU}") { key } ${two.slice(1)}`);
      expect(answer.data).toEqual({ beside: { key: WANG_WU }, users: [null, null] });
      expect(codesByPath(answer)).toEqual(['users.0: UPSTREAM_BAD_RESPONSE', 'users.1: UPSTREAM_BAD_RESPONSE']);
      expect(answer.errors?.[0]?.message).toMatch(/email.*permission.*e-mail/);
      expect(upstreamCalls()).toHaveLength(2);

      sandbox.faults.clear();
      expect(people(await query(two))).toEqual([{ key: ZHANG_SAN }, { key: LI_SI }]);
      expect(upstreamCalls()).toHaveLength(3);
    },
  );

  it('one identifier and one row need no field to match', async () => {
    const { query, sandbox } = await quickGateway();
    sandbox.faults.start({ name: 'rows-without', field: 'email' });
    expect(await query('{ usersByEmail(emails: ["lisi@example.com"]) { key email } }')).toEqual({
      data: { usersByEmail: [{ key: LI_SI, email: null }] },
    });
  });

  it('a field that was not asked by is null, and nothing else is wrong', async () => {
    const { query, sandbox } = await quickGateway();
    sandbox.faults.start({ name: 'rows-without', field: 'email' });
    expect(await query(`{ users(keys: ["${ZHANG_SAN}", "${LI_SI}"]) { nameEn email } }`)).toEqual({
      data: {
        users: [
          { nameEn: 'Zhang San', email: null },
          { nameEn: 'Li Si', email: null },
        ],
      },
    });
  });
});

describe('rows reordered, duplicated: matched by identifier', () => {
  it.each<FaultSpec>([
    { name: 'rows-reordered' },
    { name: 'rows-duplicated' },
    { name: 'rows-duplicated', times: 100 },
  ])('%o', async (spec) => {
    const { query, sandbox, upstreamCalls } = await quickGateway();
    sandbox.faults.start(spec);
    const keys = keysFrom(1, 50);
    expect(await query(list(keys))).toEqual({ data: { users: keys.map((key) => ({ key })) } });
    expect(upstreamCalls()).toHaveLength(1);
  });
});

describe('rows missing', () => {
  it('`null`, no error, and remembered as an answer', async () => {
    const { answer, query, sandbox, asked } = await strike({ name: 'rows-missing' });
    expect(answer).toEqual({ data: { struck: null, ...SPARED } });
    sandbox.faults.clear();
    expect(await query(THREE)).toEqual({ data: { struck: null, ...SPARED } });
    expect(asked()).toEqual({ user_keys: 1, emails: 1, out_ids: 1 });
  });
});
