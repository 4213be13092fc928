import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';

/**
 * @typedef {object} CallCounts
 * @property {number} calls of the user query
 * @property {number} identifiers
 * @property {ReadonlyMap<number, number>} errCodes how often the sandbox answered with each
 */

/**
 * Switches faults on and off in a sandbox, and counts the calls it has had.
 * @param {string} sandboxUrl
 */
export function controlSandbox(sandboxUrl) {
  const faultsUrl = `${sandboxUrl}/_sandbox/faults`;
  const callsUrl = `${sandboxUrl}/_sandbox/calls`;
  return {
    /** @param {readonly import('./faults.mjs').Fault[]} faults */
    async start(faults) {
      const headers = { 'content-type': 'application/json' };
      const { statusCode, body } = await request(faultsUrl, { method: 'POST', headers, body: JSON.stringify(faults) });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`The sandbox does not take these faults: ${text}`);
    },

    /** Ends all. @returns {Promise<number>} how many calls they struck */
    async end() {
      const { on, ended } = await getJson(faultsUrl);
      await send('DELETE', faultsUrl);
      return [...on, ...ended].reduce((sum, { struck }) => sum + struck, 0);
    },

    forgetCalls: () => send('DELETE', callsUrl),

    /** @returns {Promise<CallCounts>} since they were forgotten */
    async countCalls() {
      const { userQuery, identifiers, calls } = await getJson(callsUrl);
      /** @type {Map<number, number>} */
      const errCodes = new Map();
      for (const call of calls) {
        if (call.interface === 'user_query') errCodes.set(call.errCode, (errCodes.get(call.errCode) ?? 0) + 1);
      }
      return { calls: userQuery, identifiers, errCodes };
    },
  };
}

/** @typedef {import('./faults.mjs').Episode & { calls: number, struck: number }} PlayedEpisode with the times as they were */

/**
 * Plays a plan. All times count from `startedAt`, on the clock of `performance.now()`.
 *
 * @param {ReturnType<typeof controlSandbox>} sandbox
 * @param {readonly import('./faults.mjs').Episode[]} plan
 * @param {number} startedAt
 * @returns {Promise<PlayedEpisode[]>}
 */
export async function playEpisodes(sandbox, plan, startedAt) {
  const elapsedMs = () => performance.now() - startedAt;
  /** @type {PlayedEpisode[]} */
  const played = [];
  for (const { fromMs, toMs, faults } of plan) {
    await delay(Math.max(0, fromMs - elapsedMs()));
    const { calls: before } = await sandbox.countCalls();
    const from = elapsedMs();
    await sandbox.start(faults);
    await delay(Math.max(0, toMs - elapsedMs()));
    const struck = await sandbox.end();
    const to = elapsedMs();
    const { calls: after } = await sandbox.countCalls();
    played.push({ fromMs: from, toMs: to, faults, struck, calls: after - before });
  }
  return played;
}

/** @param {string} url @returns {Promise<any>} */
async function getJson(url) {
  const { body } = await request(url);
  return body.json();
}

/** @param {'DELETE'} method @param {string} url */
async function send(method, url) {
  const { body } = await request(url, { method });
  await body.dump();
}
