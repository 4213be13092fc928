import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../src/sandbox/sandbox.ts';
import { FIRST, keysOf, openSandbox, SECOND, THIRD } from './sandbox-client.ts';

const ASK = { user_keys: [FIRST, SECOND, THIRD] };
const CREDENTIAL = { plugin_id: 'MII_SANDBOX', plugin_secret: 'sandbox-secret', type: 0 };

// biome-ignore lint/suspicious/noExplicitAny: the point is that rows have any shape.
type Row = any;

async function strike(spec: FaultSpec) {
  const { sandbox, newToken, queryWith } = await openSandbox({ random: () => 0.5 });
  const token = await newToken();
  const truth = (await queryWith(token, ASK)).json;
  sandbox.faults.start(spec);
  const { json } = await queryWith(token, ASK);
  expect(sandbox.faults.list()[0]?.struck).toBe(1);
  return { json, truth, rows: json?.data, trueRows: truth.data as Row[], people: sandbox.people };
}

describe('A malformed envelope', () => {
  it.each<[FaultSpec, (truth: Row) => unknown]>([
    [{ name: 'malformed-envelope' }, (truth) => ({ ...truth, err_code: '0' })],
    [{ name: 'malformed-envelope', shape: 'no-code' }, ({ err_code: _code, ...truth }) => truth],
    [{ name: 'malformed-envelope', shape: 'no-data' }, ({ data: _data, ...truth }) => truth],
    [{ name: 'malformed-envelope', shape: 'data-null' }, (truth) => ({ ...truth, data: null })],
    [{ name: 'malformed-envelope', shape: 'data-object' }, (truth) => ({ ...truth, data: { 0: truth.data } })],
    [{ name: 'malformed-envelope', shape: 'data-text' }, (truth) => ({ ...truth, data: JSON.stringify(truth.data) })],
    [{ name: 'malformed-envelope', shape: 'null' }, () => null],
    [{ name: 'malformed-envelope', shape: 'list' }, (truth) => [truth]],
  ])('%o', async (spec, expected) => {
    const { json, truth } = await strike(spec);
    expect(json).toStrictEqual(expected(truth));
  });

  it('carries __proto__ as a key of its own', async () => {
    const { json } = await strike({ name: 'malformed-envelope', shape: 'proto' });
    expect(Object.keys(json)).toContain('__proto__');
  });

  it('is made of a token reply too', async () => {
    const { sandbox, requestToken } = await openSandbox();
    sandbox.faults.start({ name: 'malformed-envelope', interface: 'plugin_token', calls: 1 });
    expect((await requestToken(CREDENTIAL)).json.error).toEqual({ code: '0', msg: 'success' });
    sandbox.faults.start({ name: 'malformed-rows', shape: 'no-key', interface: 'plugin_token' });
    expect((await requestToken(CREDENTIAL)).json.data).toEqual({ expire_time: 7200 });
  });
});

describe('Malformed rows', () => {
  it.each<[FaultSpec, (row: Row) => unknown]>([
    [{ name: 'malformed-rows' }, () => null],
    [{ name: 'malformed-rows', shape: 'number' }, () => 7],
    [{ name: 'malformed-rows', shape: 'list' }, ({ user_key }) => [user_key]],
    [{ name: 'malformed-rows', shape: 'no-key' }, ({ user_key: _key, ...row }) => row],
    [{ name: 'malformed-rows', shape: 'numeric-key' }, (row) => ({ ...row, user_key: Number(row.user_key) })],
    [{ name: 'malformed-rows', shape: 'empty-key' }, (row) => ({ ...row, user_key: '' })],
  ])('%o leaves the rows behind the first as they are', async (spec, expected) => {
    const { rows, trueRows } = await strike(spec);
    expect(rows).toStrictEqual([expected(trueRows[0]), ...trueRows.slice(1)]);
  });

  it('may be all of them', async () => {
    expect((await strike({ name: 'malformed-rows', rows: 100 })).rows).toEqual([null, null, null]);
  });

  it('carry __proto__ as a key of their own', async () => {
    const { rows } = await strike({ name: 'malformed-rows', shape: 'proto' });
    expect(Object.keys(rows[0])).toContain('__proto__');
  });
});

describe('Wrong rows', () => {
  it.each<[FaultSpec, (rows: Row[]) => unknown]>([
    [{ name: 'rows-duplicated' }, (rows) => [...rows, ...rows]],
    [{ name: 'rows-missing' }, (rows) => rows.slice(1)],
    [{ name: 'rows-missing', rows: 100 }, () => []],
    [{ name: 'rows-without' }, (rows) => rows.map(({ email: _email, ...row }) => row)],
    [{ name: 'rows-without', field: 'out_id', as: 'null' }, (rows) => rows.map((row) => ({ ...row, out_id: null }))],
    [{ name: 'rows-without', field: 'name_cn', as: 'empty' }, (rows) => rows.map((row) => ({ ...row, name_cn: '' }))],
    [{ name: 'email-case' }, (rows) => rows.map((row) => ({ ...row, email: row.email.toUpperCase() }))],
    [{ name: 'unknown-status' }, (rows) => rows.map((row) => ({ ...row, status: 'on_sabbatical' }))],
  ])('%o', async (spec, expected) => {
    const { rows, trueRows } = await strike(spec);
    expect(rows).toStrictEqual(expected(trueRows));
  });

  it('rows-reordered are the same in an order drawn for the call', async () => {
    const draws = [0.9, 0.5, 0.1];
    const { sandbox, query } = await openSandbox({ random: () => draws.shift() ?? 0 });
    const before = (await query(ASK)).json.data;
    sandbox.faults.start({ name: 'rows-reordered' });
    expect((await query(ASK)).json.data).toEqual(before.toReversed());
  });

  it('email-case mixed is neither upper nor lower', async () => {
    const { rows } = await strike({ name: 'email-case', case: 'mixed' });
    expect(rows.map((row: Row) => row.email)).toContain('ZhAnGsAn@eXaMpLe.cOm');
  });

  it.each([
    ['own', true],
    ['other', false],
  ] as const)('rows-unasked are people of the tenant %s nobody asked for', async (tenant, isOwn) => {
    const { rows, trueRows, people } = await strike({ name: 'rows-unasked', rows: 2, tenant });
    expect(rows.slice(2)).toEqual(trueRows);
    const strangers = rows.slice(0, 2).map(({ user_key }: Row) => user_key);
    expect(new Set([...ASK.user_keys, ...strangers]).size).toBe(5);
    const tenants = strangers.map((key: string) => people.find(({ user_key }) => user_key === key)?.tenant_key);
    expect(tenants.map((key: string) => key === 'tenant_example_com')).toEqual([isOwn, isOwn]);
  });

  it('rows-unasked are of people whom nobody knows, where the sandbox has too few', async () => {
    const { sandbox, query } = await openSandbox({ people: 1 });
    sandbox.faults.start({ name: 'rows-unasked', rows: 3 });
    const keys = keysOf(await query(ASK));
    expect(keys.slice(3)).toEqual([FIRST]);
    expect(new Set(keys).size).toBe(4);
  });

  it('an answer without rows is left as it is, and not counted', async () => {
    const { sandbox, query } = await openSandbox();
    sandbox.faults.start([{ name: 'rows-duplicated' }, { name: 'malformed-rows' }, { name: 'malformed-envelope' }]);
    expect((await query({ user_keys: ['nobody'] })).json.err_code).toBe(30006);
    expect(sandbox.faults.list().map(({ struck }) => struck)).toEqual([0, 0, 0]);
  });
});
