import { setTimeout as delay } from 'node:timers/promises';
import { offerLoad } from '../offered-load.mjs';
import { startLimitedSandbox } from '../servers.mjs';

const LATENCY_MS = 20;
const WARM_UP = { rate: 500, seconds: 5 };
const RATE = 2_000;
const SHAPES = [1, 5];
/** Until the quota's second is empty, and servers have closed what they had queued. */
const PAUSE_MS = 2_500;

/**
 * The one scenario with the vendor's quota, as `quota.mjs` measures it: 2,000 lookups a second, one and five a request.
 *
 * @param {readonly import('./candidates.mjs').Candidate[]} candidates
 * @param {{ dist: string, core: number | undefined, seconds: number }} options
 * @returns {Promise<import('../offered-load.mjs').LoadResult[]>}
 */
export async function measureQuota(candidates, { dist, core, seconds }) {
  const warmUps = WARM_UP.rate * WARM_UP.seconds;
  const people = warmUps + (RATE * seconds + 10) * SHAPES.length;
  const sandbox = await startLimitedSandbox(dist, { people, latencyMs: LATENCY_MS });
  const results = [];
  for (const { start } of candidates) {
    const server = await start(sandbox.url, core, dist, true);
    await offerLoad(server, sandbox.url, { ...WARM_UP, lookUpsPerRequest: 1, firstNumber: 1 });
    for (const [index, lookUpsPerRequest] of SHAPES.entries()) {
      await delay(PAUSE_MS);
      const firstNumber = 1 + warmUps + index * RATE * seconds;
      results.push(await offerLoad(server, sandbox.url, { rate: RATE, lookUpsPerRequest, seconds, firstNumber }));
    }
    await delay(PAUSE_MS);
    await server.stop();
  }
  await sandbox.stop();
  return results;
}
