import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { codesByPath, gatewayWithSandbox, type Harness } from '../support/gateway-with-sandbox.ts';
import { keysFrom } from '../support/user-keys.ts';
import { failure, LI_SI, noFailure, outcomeOf, quickGateway, strike, ZHANG_SAN } from './strike.ts';

const attempts = ({ events }: Harness) =>
  events.filter(({ type }) => type === 'upstream-call').map((event) => 'outcome' in event && event.outcome);

describe('connection refused, DNS failure, reset before headers, reset or FIN mid-body: retry, else UPSTREAM_UNAVAILABLE', () => {
  const cuts = ['reset-before-headers', 'reset-mid-body', 'end-mid-body'] as const;

  it.each(cuts)('%s at every attempt is UPSTREAM_UNAVAILABLE after three', async (name) => {
    expect(await outcomeOf(await strike({ name }))).toEqual(failure('UPSTREAM_UNAVAILABLE', 3));
  });

  it.each(cuts)('%s at two attempts is made good by the third', async (name) => {
    expect(await outcomeOf(await strike({ name, calls: 2 }))).toEqual(noFailure(3));
  });

  it('a refused connection fails whoever is not in memory, until the API listens again', async () => {
    const harness = await quickGateway({}, { people: 3 });
    const { query, sandbox, events } = harness;
    await query(`{ user(key: "${LI_SI}") { nameEn } }`);
    await sandbox.close();
    events.length = 0;
    const both = `{ known: user(key: "${LI_SI}") { nameEn } struck: user(key: "${ZHANG_SAN}") { nameEn } }`;
    const answer = await query(both);
    expect(answer.data).toEqual({ known: { nameEn: 'Li Si' }, struck: null });
    expect(codesByPath(answer)).toEqual(['struck: UPSTREAM_UNAVAILABLE']);
    expect(attempts(harness)).toEqual(Array.from({ length: 3 }, () => 'UPSTREAM_UNAVAILABLE'));

    const again = await startSandbox({ people: 3, port: Number(new URL(sandbox.url).port) });
    onTestFinished(() => again.close());
    expect(await query(both)).toEqual({ data: { known: { nameEn: 'Li Si' }, struck: { nameEn: 'Zhang San' } } });
  });

  it('a host that nobody knows is UPSTREAM_UNAVAILABLE, without its name', async () => {
    const harness = await gatewayWithSandbox({ gateway: { baseUrl: 'http://user-api.invalid', retry: { baseMs: 1 } } });
    const answer = await harness.query(`{ __typename struck: user(key: "${ZHANG_SAN}") { nameEn } }`);
    expect(answer.data).toEqual({ __typename: 'Query', struck: null });
    expect(codesByPath(answer)).toEqual(['struck: UPSTREAM_UNAVAILABLE']);
    expect(JSON.stringify(answer)).not.toMatch(/invalid|ENOTFOUND|EAI_AGAIN/);
    expect(attempts(harness)).toEqual(Array.from({ length: 3 }, () => 'UPSTREAM_UNAVAILABLE'));
  });

  it('is retried within the budget: three times, where there are few calls', async () => {
    const { sandbox, query, upstreamCalls } = await quickGateway({ breaker: { failures: 1_000 } });
    sandbox.faults.start({ name: 'reset-before-headers' });
    const keys = keysFrom(1, 5);
    for (const key of keys) {
      expect(codesByPath(await query(`{ user(key: "${key}") { key } }`))).toEqual(['user: UPSTREAM_UNAVAILABLE']);
    }
    const [first, second, ...others] = keys;
    const inOrder = [first, first, first, second, second, ...others];
    expect(upstreamCalls()).toEqual(inOrder.map((key) => ({ user_keys: [key] })));
  });

  it('is retried within the budget: for a fifth of the calls, where there are many', async () => {
    const { sandbox, query, upstreamCalls } = await quickGateway({ breaker: { failures: 1_000 } });
    sandbox.faults.start({ name: 'reset-before-headers' });
    for (const key of keysFrom(1, 50)) await query(`{ user(key: "${key}") { key } }`);
    expect(upstreamCalls().length).toBeGreaterThan(55);
    expect(upstreamCalls().length).toBeLessThanOrEqual(60);
  });

  it('is not retried where the pause would outlast the deadline', async () => {
    expect(
      await outcomeOf(
        await strike(
          { name: 'reset-before-headers' },
          { requestTimeoutMs: 400, retry: { baseMs: 2_000 }, random: () => 0.99 },
        ),
      ),
    ).toEqual(failure('UPSTREAM_UNAVAILABLE', 1));
  });
});
