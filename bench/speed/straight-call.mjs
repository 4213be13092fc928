import { request } from 'undici';
import { CREDENTIAL } from '../servers.mjs';
import { quantile } from '../statistics.mjs';
import { openConnection } from './connection.mjs';

/**
 * One call after the other straight to the upstream, for one person each: what no server in front of it can be faster than.
 *
 * @param {string} url of the upstream
 * @param {readonly import('./people.mjs').Person[]} people
 * @param {number} seconds
 * @returns {Promise<number>} milliseconds that half of the calls took at most
 */
export async function timeStraightCalls(url, people, seconds) {
  const connection = await openConnection(`${url}/open_api/user/query`, { 'x-plugin-token': await getToken(url) });
  /** @type {number[]} */
  const took = [];
  const endAt = performance.now() + seconds * 1000;
  for (let at = 0; performance.now() < endAt; at += 1) {
    const body = JSON.stringify({ user_keys: [people[at % people.length]?.user_key] });
    const sentAt = performance.now();
    const { status } = await connection.post(body);
    if (status !== 200) throw new Error(`The upstream answered HTTP ${status} to a call that is right.`);
    took.push(performance.now() - sentAt);
  }
  connection.close();
  return quantile(took, 0.5);
}

/** @param {string} url @returns {Promise<string>} */
async function getToken(url) {
  const { pluginId, pluginSecret } = CREDENTIAL;
  const body = JSON.stringify({ plugin_id: pluginId, plugin_secret: pluginSecret, type: 0 });
  const answer = await request(`${url}/open_api/authen/plugin_token`, { method: 'POST', body });
  const { data } = /** @type {{ data: { token: string } }} */ (await answer.body.json());
  return data.token;
}
