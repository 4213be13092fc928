import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startProcess } from '../processes.mjs';
import { startPlainStack, startUnreadyGateway, upstreamSettings } from '../servers.mjs';
import { judge, RIGHT } from './answers.mjs';
import { openConnection } from './connection.mjs';
import { PEERS } from './peers.mjs';
import { REMEMBERED } from './zipf.mjs';

/**
 * @typedef {import('../processes.mjs').RunningProcess} RunningProcess
 * @typedef {{ dist: string, upstreamUrl: string, core: number | undefined }} Surroundings
 * @typedef {(surroundings: Surroundings, needs: { isCached: boolean }) => Promise<RunningProcess>} Start
 */

/**
 * @typedef {object} Candidate
 * @property {string} name
 * @property {string} [title] where the name alone does not say what is measured
 * @property {Start} start
 * @property {boolean} [hasCache] has memory beyond a request: of its own for the scenario that is about it, off in all others
 * @property {readonly string[]} [scenarios] those it has an answer to; by default all
 */

/** The upstream has no quota here, and nobody is turned away. */
const WITHOUT_QUOTA = { LARK_CALLS_PER_SECOND: '100000', QUEUE_LIMIT: '1000000' };
const WITHOUT_CACHE = { CACHE_TTL_SECONDS: '0', CACHE_NEGATIVE_TTL_SECONDS: '0', CACHE_STALE_SECONDS: '0' };
/** Nobody is forgotten for age while others have their turn. */
const WITH_CACHE = { CACHE_TTL_SECONDS: '86400', CACHE_ENTRIES: String(REMEMBERED) };

const BARE_PROXY = fileURLToPath(new URL('bare-proxy.mjs', import.meta.url));

const FIRST_ANSWER_WITHIN_MS = 10_000;

/** @type {readonly Candidate[]} */
export const CANDIDATES = [
  {
    name: 'gateway',
    hasCache: true,
    start: ({ dist, upstreamUrl, core }, { isCached }) =>
      startUnreadyGateway(
        dist,
        upstreamUrl,
        { ...WITHOUT_QUOTA, ...(isCached ? WITH_CACHE : WITHOUT_CACHE) },
        { core },
      ),
  },
  { name: 'plain', start: ({ upstreamUrl, core }) => startPlainStack(upstreamUrl, { core }) },
  ...PEERS,
  {
    name: 'bare',
    title: 'bare proxy',
    scenarios: ['single', 'latency'],
    start: ({ upstreamUrl, core }) => startProcess('bare', [BARE_PROXY], upstreamSettings(upstreamUrl), { core }),
  },
];

/**
 * Starts a server and asks it for one person until it answers.
 *
 * @param {Candidate} candidate
 * @param {Surroundings} surroundings
 * @param {{ isCached: boolean, person: import('./people.mjs').Person, body: string }} options body: of a request for this person
 * @returns {Promise<{ server: RunningProcess, startUpMs: number }>} from the start of its process to the first right answer
 */
export async function startCandidate(candidate, surroundings, { isCached, person, body }) {
  const startedAt = performance.now();
  const server = await candidate.start(surroundings, { isCached });
  for (;;) {
    const verdict = await askOnce(server, person, body);
    const startUpMs = performance.now() - startedAt;
    if (verdict === RIGHT) return { server, startUpMs };
    if (startUpMs < FIRST_ANSWER_WITHIN_MS && server.isRunning()) {
      await delay(2);
      continue;
    }
    await server.stop();
    throw new Error(`no right answer to its first request, but ${verdict}\n${server.complaints()}`);
  }
}

/**
 * @param {RunningProcess} server
 * @param {import('./people.mjs').Person} person
 * @param {string} body
 */
async function askOnce(server, person, body) {
  try {
    const connection = await openConnection(`${server.url}/graphql`);
    const reply = await connection.post(body);
    connection.close();
    return judge([person], reply, { inFull: true });
  } catch (error) {
    return String(error);
  }
}
