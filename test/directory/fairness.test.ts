import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LookupResult } from '../../src/directory/look-up.ts';
import { GatewayError } from '../../src/errors.ts';
import { directoryOnFakeClock } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

const shown = (results: readonly LookupResult[]) =>
  results.map((result) => (result instanceof GatewayError ? result.code : (result?.key ?? null)));

describe('fairness', () => {
  it('answers a single look-up behind five operations of 1,000 within two slots', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock();
    for (let operation = 0; operation < 5; operation++) {
      void directory.lookup({ kind: 'key', identifiers: keys(1 + operation * 1_000, 1_000) });
    }
    await pass(500);
    const before = calls.length;
    void directory.lookup({ kind: 'key', identifiers: ['k9999'] });
    await pass(500);
    const slot = calls.findIndex(({ query }) => query.identifiers.includes('k9999')) - before;
    expect(slot).toBeGreaterThanOrEqual(0);
    expect(slot).toBeLessThan(2);
  });

  it('lets requests with full lists take turns, too', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock();
    void directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    await pass(100);
    void directory.lookup({ kind: 'key', identifiers: keys(5_001, 200) });
    await pass(400);
    const second = calls.flatMap(({ query }) => query.identifiers).filter((id) => Number(id.slice(1)) > 5_000);
    expect(second.length).toBe(200);
  });

  it('lets the lanes of one credential take turns', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock();
    void directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    await pass(100);
    const before = calls.length;
    void directory.lookup({ kind: 'email', identifiers: ['p5000@example.com'] });
    void directory.lookup({ kind: 'email', identifiers: ['p5000@example.com'], tenantKey: 't1' });
    await pass(250);
    const kinds = calls.slice(before, before + 3).map(({ query }) => `${query.kind} ${query.tenantKey ?? ''}`);
    expect(kinds.toSorted()).toEqual(['email ', 'email t1', 'key ']);
  });
});

describe('a person whom several wait for', () => {
  it("leaves in the turn of whoever comes first: a single look-up does not wait for the end of somebody else's list", async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock();
    for (let operation = 0; operation < 5; operation++) {
      void directory.lookup({ kind: 'key', identifiers: keys(1 + operation * 1_000, 1_000) });
    }
    await pass(500);
    const before = calls.length;
    void directory.lookup({ kind: 'key', identifiers: ['k5000'] });
    await pass(500);
    expect(calls.slice(before, before + 2).some(({ query }) => query.identifiers.includes('k5000'))).toBe(true);
    await pass(5_000);
    expect(calls.flatMap(({ query }) => query.identifiers).filter((id) => id === 'k5000')).toHaveLength(1);
  });

  it('is not shed from the queue for one of them', async () => {
    const { directory, keys, pass } = directoryOnFakeClock({ queueLimit: 1_000 });
    const first = directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    const second = directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    const third = await directory.lookup({ kind: 'key', identifiers: ['k5000'] });
    expect(shown(third)).toEqual(['OVERLOADED']);
    await pass(2_000);
    expect(shown([...(await first), ...(await second)])).not.toContain('OVERLOADED');
  });
});

it('many lanes with little in them do not make a large request look hopeless', async () => {
  const { directory, keys, pass } = directoryOnFakeClock();
  for (let tenant = 0; tenant < 16; tenant++) {
    void directory.lookup({ kind: 'email', identifiers: ['p1@example.com'], tenantKey: `t${tenant}` });
  }
  const large = directory.lookup({ kind: 'key', identifiers: keys(1, 984) });
  await pass(3_000);
  expect(shown(await large)).not.toContain('OVERLOADED');
});
