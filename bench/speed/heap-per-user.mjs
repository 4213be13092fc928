import { setTimeout as delay } from 'node:timers/promises';
import { startCandidate } from './candidates.mjs';
import { openConnection } from './connection.mjs';
import { createLoad } from './rounds.mjs';
import { SCENARIOS } from './scenarios.mjs';

/** @typedef {{ foundBy: string, bytes: number }} HeapPerUser */

const MB = 1024 * 1024;
const CACHED = 20_000;
/** So that what the code itself needs is there before. */
const CACHED_BEFORE = 5_000;
/** Until connections and deadlines of the last requests are gone. */
const SETTLE_MS = 1_000;

const WAYS = [
  { foundBy: 'single lookup', scenario: 'single' },
  { foundBy: 'list of 100', scenario: 'cold100' },
];

/**
 * What a server holds more after 20,000 users, after garbage collection, for each of them.
 *
 * @param {import('./candidates.mjs').Candidate} candidate
 * @param {Parameters<typeof startCandidate>[1]} options
 * @param {readonly import('./people.mjs').Person[]} people
 * @returns {Promise<HeapPerUser[]>}
 */
export async function measureHeapPerUser(candidate, options, people) {
  const measured = [];
  for (const { foundBy, scenario: name } of WAYS) {
    const scenario = SCENARIOS.find((one) => one.name === name);
    if (!scenario) continue;
    const { server } = await startCandidate(candidate, options);
    const load = createLoad(scenario, { people });
    const before = Math.min(CACHED_BEFORE, Math.floor(people.length / 5));
    const cached = Math.min(CACHED, people.length - before);
    await ask(server.url, load, before);
    await delay(SETTLE_MS);
    const heldBefore = await server.heldMb();
    await ask(server.url, load, cached);
    await delay(SETTLE_MS);
    measured.push({ foundBy, bytes: (((await server.heldMb()) - heldBefore) * MB) / cached });
    await server.stop();
  }
  return measured;
}

/**
 * @param {string} url
 * @param {ReturnType<typeof createLoad>} load
 * @param {number} users
 */
async function ask(url, { scenario, concurrency, nextPeople, nextNumber }, users) {
  let left = Math.floor(users / scenario.people);
  const askInTurn = async () => {
    const connection = await openConnection(`${url}/graphql`);
    while (left > 0) {
      left -= 1;
      const { status } = await connection.send(scenario.request(nextPeople(), nextNumber()));
      if (status !== 200) throw new Error(`Expected status 200, got ${status}.`);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: concurrency }, askInTurn));
}
