import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../statistics.mjs';
import { startCandidate } from './candidates.mjs';

/** @typedef {{ server: string, startUpMs: number, idleMb: number }} StartUp medians */

/** Until what a start has left behind is mostly collected. */
const SETTLE_MS = 1_000;

/**
 * Starts each server, waits for its first answer and for silence, stops it; in turn, so many times.
 *
 * @param {readonly import('./candidates.mjs').Candidate[]} candidates
 * @param {Parameters<import('./candidates.mjs').startCandidate>[1]} options
 * @param {number} times
 * @returns {Promise<{ startUps: StartUp[], failures: Map<string, string> }>} failures: why a server did not start, by its name
 */
export async function measureStartUps(candidates, options, times) {
  const entries = candidates.map((candidate) => ({
    candidate,
    startUps: /** @type {number[]} */ ([]),
    sizes: /** @type {number[]} */ ([]),
  }));
  /** @type {Map<string, string>} */
  const failures = new Map();
  for (let time = 0; time < times; time += 1) {
    for (const { candidate, startUps, sizes } of entries) {
      if (failures.has(candidate.name)) continue;
      try {
        const { server, startUpMs } = await startCandidate(candidate, options);
        await delay(SETTLE_MS);
        startUps.push(startUpMs);
        sizes.push(server.residentMb());
        await server.stop();
      } catch (error) {
        failures.set(candidate.name, /** @type {Error} */ (error).message);
      }
    }
  }
  const startUps = entries
    .filter(({ candidate }) => !failures.has(candidate.name))
    .map(({ candidate, startUps: taken, sizes }) => ({
      server: candidate.name,
      startUpMs: median(taken),
      idleMb: median(sizes),
    }));
  return { startUps, failures };
}
