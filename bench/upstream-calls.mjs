import { request } from 'undici';

/**
 * @typedef {object} UpstreamCalls
 * @property {number} calls of the user query
 * @property {number} identifiers asked for in all
 * @property {number} limited answered 429 with error 10429
 * @property {number[]} arrivals when each of the calls seen came, on the sandbox's clock in milliseconds
 * @property {number} unseen calls that had left the sandbox's list before it was read: `limited` may lack as many
 */

/** The sandbox lists its latest 10,000 calls; at 2,000 a second that is 5 s. */
const READ_EVERY_MS = 3_000;
const RATE_LIMITED = 10429;

/**
 * Forgets the sandbox's calls so far and watches those to come.
 *
 * @param {string} sandboxUrl
 * @returns {Promise<() => Promise<UpstreamCalls>>} ends the watch and counts
 */
export async function watchCalls(sandboxUrl) {
  const url = `${sandboxUrl}/_sandbox/calls`;
  const { body } = await request(url, { method: 'DELETE' });
  await body.dump();
  // Parsed when the run is over: a list can have a megabyte, and parsing it would hold up the load.
  /** @type {Promise<string>[]} */
  const readings = [];
  const read = async () => {
    const response = await request(url);
    return response.body.text();
  };
  // Under a load that takes all connections there is, a reading may fail: then calls go unseen, as told.
  const timer = setInterval(() => readings.push(read().catch(() => '')), READ_EVERY_MS);

  return async () => {
    clearInterval(timer);
    readings.push(read());
    const summaries = (await Promise.all(readings)).filter((text) => text !== '').map((text) => JSON.parse(text));
    const last = summaries.at(-1);
    /** @type {Map<string, { at: number, errCode: number }>} */
    const seen = new Map();
    for (const call of summaries.flatMap((summary) => summary.calls)) {
      if (call.interface === 'user_query') seen.set(call.logId, call);
    }
    return {
      calls: last.userQuery,
      identifiers: last.identifiers,
      limited: [...seen.values()].filter(({ errCode }) => errCode === RATE_LIMITED).length,
      arrivals: [...seen.values()].map(({ at }) => at),
      unseen: last.userQuery - seen.size,
    };
  };
}
