import { describe, expect, it } from 'vitest';
import { quickGateway } from '../faults/strike.ts';
import { codesByPath } from '../support/gateway-with-sandbox.ts';
import { keysFrom } from '../support/user-keys.ts';

const LOOKUPS = 50;
/** Retries that are allowed however few calls there are. */
const ALWAYS_ALLOWED = 3;

/** Calls of lookups one after the other. The clock stands still, so that all fall into one window of the retry budget. */
async function callsFor(outcome: string[], strike: (harness: Awaited<ReturnType<typeof quickGateway>>) => void) {
  const harness = await quickGateway({ clock: () => 0, breaker: { failures: 1_000 } });
  strike(harness);
  for (const key of keysFrom(1, LOOKUPS)) {
    expect(codesByPath(await harness.query(`{ user(key: "${key}") { key } }`))).toEqual(outcome);
  }
  return harness.upstreamCalls().length;
}

describe('The retry budget', () => {
  it.each([
    ['reset connections', { name: 'reset-before-headers' }],
    ['HTTP 503', { name: 'html', status: 503 }],
  ] as const)(
    'in an outage (%s) the gateway sends at most 1.2 times the calls of a healthy run, and 3',
    async (_, fault) => {
      const healthy = await callsFor([], () => {});
      const outage = await callsFor(['user: UPSTREAM_UNAVAILABLE'], ({ sandbox }) => sandbox.faults.start(fault));
      expect(healthy).toBe(LOOKUPS);
      expect(outage).toBeGreaterThan(healthy);
      expect(outage).toBeLessThanOrEqual(1.2 * healthy + ALWAYS_ALLOWED);
    },
  );
});
