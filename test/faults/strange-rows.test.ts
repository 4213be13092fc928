import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../src/sandbox/sandbox.ts';
import { keysFrom } from '../support/user-keys.ts';
import { LI_SI, quickGateway, ZHANG_SAN } from './strike.ts';

describe("rows nobody asked for, another tenant's people: dropped, counted, never cached", () => {
  it.each<FaultSpec>([
    { name: 'rows-unasked', rows: 5 },
    { name: 'rows-unasked', rows: 5, tenant: 'own' },
    { name: 'rows-unasked', rows: 5, tenant: 'other' },
  ])('%o', async (spec) => {
    const { query, sandbox, upstreamCalls, events } = await quickGateway();
    sandbox.faults.start({ ...spec, calls: 2 });
    const asked = keysFrom(901, 3);
    expect(await query(`{ users(keys: ${JSON.stringify(asked)}) { key } }`)).toEqual({
      data: { users: asked.map((key) => ({ key })) },
    });
    expect(events).toContainEqual(expect.objectContaining({ type: 'rows-dropped', malformed: 0, unrequested: 5 }));
    expect(await query('{ usersByEmail(emails: ["nobody@example.com", "no-one@example.com"]) { key } }')).toEqual({
      data: { usersByEmail: [null, null] },
    });

    // Everybody else of the sandbox still has to be asked for.
    const others = sandbox.people.map(({ user_key }) => user_key).filter((key) => !asked.includes(key));
    const before = upstreamCalls().length;
    await query(`{ users(keys: ${JSON.stringify(others)}) { key } }`);
    const sent = (upstreamCalls().slice(before) as { user_keys: string[] }[]).flatMap(({ user_keys }) => user_keys);
    expect(sent.toSorted()).toEqual(others.toSorted());
  });

  it('a stranger in place of the one person asked for is not taken for them', async () => {
    const { query, sandbox } = await quickGateway();
    sandbox.faults.start([{ name: 'rows-unasked', rows: 1 }]);
    expect(await query('{ user(key: "9999") { key } }')).toEqual({ data: { user: null } });
    expect(await query(`{ user(key: "${LI_SI}") { key } }`)).toEqual({ data: { user: { key: LI_SI } } });
  });
});

describe('e-mail returned in another case; asked twice in two cases: matched; one person', () => {
  it.each(['upper', 'lower', 'mixed'] as const)('%s', async (letterCase) => {
    const { query, sandbox, upstreamCalls } = await quickGateway();
    sandbox.faults.start({ name: 'email-case', case: letterCase });
    const both =
      '{ usersByEmail(emails: ["ZhangSan@Example.com", "lisi@example.com", "zhangsan@example.COM"]) { key } }';
    const data = { usersByEmail: [{ key: ZHANG_SAN }, { key: LI_SI }, { key: ZHANG_SAN }] };
    expect(await query(both)).toEqual({ data });
    expect(await query(both)).toEqual({ data });
    expect(upstreamCalls()).toEqual([{ emails: ['ZhangSan@Example.com', 'lisi@example.com'] }]);
  });
});

describe('unknown `status`', () => {
  it('the value `UNKNOWN` (raw text kept); the query survives', async () => {
    const { query, sandbox, upstreamCalls } = await quickGateway();
    sandbox.faults.start({ name: 'unknown-status', kind: 'user_keys' });
    const both = `{
      odd: user(key: "${ZHANG_SAN}") { nameEn status statusText }
      usual: usersByEmail(emails: ["lisi@example.com"]) { nameEn status statusText }
    }`;
    const data = {
      odd: { nameEn: 'Zhang San', status: 'UNKNOWN', statusText: 'on_sabbatical' },
      usual: [{ nameEn: 'Li Si', status: 'ACTIVATED', statusText: 'activated' }],
    };
    expect(await query(both)).toEqual({ data });
    expect(await query(both)).toEqual({ data });
    expect(upstreamCalls()).toHaveLength(2);
  });
});
