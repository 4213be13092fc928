import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { FOUND, makeRequests, outcomesOf } from './look-ups.mjs';
import { CREDENTIAL } from './servers.mjs';

/** Before figures count. */
export const WARM_UP_ROUNDS = 30;
/** Three look-ups of some 25 ms and three pauses make a round of 150 ms: about 7 calls a second with each token. */
const PAUSE_MS = 25;

/** @typedef {(request: import('./look-ups.mjs').LookUpRequest) => Promise<void>} LookUp one look-up by one way, or an error */

/**
 * One look-up at a time, by each way in turn: people who were never asked for, and everybody by each way.
 *
 * @param {readonly LookUp[]} ways
 * @param {{ rounds: number, firstNumber: number }} options rounds that count; those of warm-up come before
 * @returns {Promise<number[][]>} milliseconds of each look-up, way by way
 */
export async function measureIdle(ways, { rounds, firstNumber }) {
  /** @type {number[][]} */
  const latencies = ways.map(() => []);
  const requests = makeRequests({ count: WARM_UP_ROUNDS + rounds, lookUpsPerRequest: 1, firstNumber });
  for (const [round, request] of requests.entries()) {
    // The one who goes first changes, so that none is always behind the same neighbour.
    for (const place of ways.keys()) {
      const index = (place + round) % ways.length;
      const startedAt = performance.now();
      await ways[index]?.(request);
      if (round >= WARM_UP_ROUNDS) latencies[index]?.push(performance.now() - startedAt);
      await delay(PAUSE_MS);
    }
  }
  return latencies;
}

/** @param {string} url @returns {LookUp} */
export function graphqlLookUp(url) {
  const post = poster(url);
  return async (request) => {
    const [outcome] = outcomesOf(request, await post('/graphql', request.body));
    if (outcome !== FOUND) throw new Error(`A look-up at ${url} ended with ${outcome}.`);
  };
}

/** @param {string} url @returns {Promise<LookUp>} */
export async function directLookUp(url) {
  const post = poster(url);
  const { pluginId, pluginSecret } = CREDENTIAL;
  const credential = { plugin_id: pluginId, plugin_secret: pluginSecret, type: 0 };
  const { data } = JSON.parse((await post('/open_api/authen/plugin_token', JSON.stringify(credential))).text);
  return async ({ keys }) => {
    const body = JSON.stringify({ user_keys: keys });
    const { text } = await post('/open_api/user/query', body, { 'x-plugin-token': data.token });
    if (JSON.parse(text).data?.[0]?.user_key !== keys[0]) throw new Error(`The sandbox answered ${text}.`);
  };
}

/** @param {string} url */
function poster(url) {
  const pool = new Pool(url);
  /**
   * @param {string} path
   * @param {string} body
   * @param {Record<string, string>} [headers]
   */
  return async (path, body, headers) => {
    const allHeaders = { 'content-type': 'application/json', accept: 'application/json', ...headers };
    const response = await pool.request({ path, method: 'POST', headers: allHeaders, body });
    return { status: response.statusCode, text: await response.body.text() };
  };
}
