import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startProcess } from '../processes.mjs';
import { startPlainStack, startUnreadyGateway, upstreamSettings } from '../servers.mjs';
import { judge, RIGHT } from './answers.mjs';
import { openConnection } from './connection.mjs';
import { PEERS } from './peers.mjs';
import { firstRequest } from './scenarios.mjs';

/** @typedef {import('../processes.mjs').RunningProcess} RunningProcess */

/**
 * @typedef {object} Candidate
 * @property {string} name
 * @property {(upstreamUrl: string, core: number | undefined, dist: string, isPaced: boolean) => Promise<RunningProcess>} start
 *   isPaced: the upstream has the vendor's quota
 * @property {readonly string[]} [scenarios] those it has an answer to; by default all
 */

/** The one setting that is not the default: most scenarios have an upstream without a quota. */
const WITHOUT_QUOTA = { LARK_CALLS_PER_SECOND: '100000' };

const BARE_PROXY = fileURLToPath(new URL('bare-proxy.mjs', import.meta.url));

const FIRST_ANSWER_WITHIN_MS = 10_000;

/** @type {readonly Candidate[]} */
export const CANDIDATES = [
  {
    name: 'gateway',
    start: (upstreamUrl, core, dist, isPaced) =>
      startUnreadyGateway(dist, upstreamUrl, isPaced ? {} : WITHOUT_QUOTA, { core }),
  },
  { name: 'plain', start: (upstreamUrl, core) => startPlainStack(upstreamUrl, { core }) },
  ...PEERS,
  {
    name: 'bare',
    scenarios: ['single', 'latency'],
    start: (upstreamUrl, core) => startProcess('bare', [BARE_PROXY], upstreamSettings(upstreamUrl), { core }),
  },
];

/**
 * Starts a server and asks it for one person until it answers.
 *
 * @param {Candidate} candidate
 * @param {{ dist: string, upstreamUrl: string, core: number | undefined, isPaced?: boolean, person: import('./people.mjs').Person }} options
 * @returns {Promise<{ server: RunningProcess, startUpMs: number }>} from the start of its process to the first right answer
 */
export async function startCandidate(candidate, { dist, upstreamUrl, core, isPaced = false, person }) {
  const startedAt = performance.now();
  const server = await candidate.start(upstreamUrl, core, dist, isPaced);
  for (;;) {
    const verdict = await askOnce(server, person);
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
 */
async function askOnce(server, person) {
  try {
    const connection = await openConnection(`${server.url}/graphql`);
    const reply = await connection.send(firstRequest(person));
    connection.close();
    return judge([person], reply, { inFull: true });
  } catch (error) {
    return String(error);
  }
}
