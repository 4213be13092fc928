import { setTimeout as delay } from 'node:timers/promises';
import { offerLoad } from '../offered-load.mjs';
import { startGateway, startLimitedSandbox, startPlainStack } from '../servers.mjs';

const LATENCY_MS = 20;
const WARM_UP = { rate: 500, seconds: 5 };
const RATE = 2_000;
/** Until the quota's second is empty, and servers have closed what they had queued. */
const PAUSE_MS = 2_500;

/**
 * The one scenario with the vendor's quota: more look-ups than it lets through, one a request, as of `quota.mjs`.
 *
 * @param {readonly string[]} names of servers; others than gateway and plain stack are not measured
 * @param {{ dist: string, core: number | undefined, seconds: number }} options
 * @returns {Promise<import('../offered-load.mjs').LoadResult[]>}
 */
export async function measureQuota(names, { dist, core, seconds }) {
  const people = WARM_UP.rate * WARM_UP.seconds + RATE * seconds + 10;
  const sandbox = await startLimitedSandbox(dist, { people, latencyMs: LATENCY_MS });
  const servers = [
    ...(names.includes('gateway') ? [await startGateway(dist, sandbox.url, {}, { core })] : []),
    ...(names.includes('plain') ? [await startPlainStack(sandbox.url, { core })] : []),
  ];
  const results = [];
  for (const server of servers) {
    await offerLoad(server, sandbox.url, { ...WARM_UP, lookUpsPerRequest: 1, firstNumber: 1 });
    await delay(PAUSE_MS);
    const firstNumber = 1 + WARM_UP.rate * WARM_UP.seconds;
    results.push(await offerLoad(server, sandbox.url, { rate: RATE, lookUpsPerRequest: 1, seconds, firstNumber }));
    await delay(PAUSE_MS);
  }
  for (const { stop } of [...servers, sandbox]) await stop();
  return results;
}
