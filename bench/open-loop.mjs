import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';

/**
 * @typedef {object} Answer
 * @property {number} status 0 where none came
 * @property {string} text
 * @property {string} [problem] code of the connection's error, or NO_ANSWER
 * @property {number} latencyMs from the moment the request was due, not from when it left
 * @property {number} at when the answer was complete, in milliseconds since the first request was due
 */

/**
 * @typedef {object} OpenLoop
 * @property {string} url
 * @property {readonly { body: string }[]} requests
 * @property {number} requestsPerSecond
 * @property {number} drainMs how long to wait for answers after the window
 * @property {(index: number, answer: Answer) => void} onAnswer
 * @property {Record<string, string>} [headers] on top of those of JSON
 */

/**
 * Sends requests on an even schedule, whatever becomes of them: a slow server gets no slower load, and a late request
 * counts its lateness as latency. A connection carries one request at a time; more are opened as needed.
 *
 * @param {OpenLoop} options
 * @returns {Promise<{ windowMs: number, lagsMs: Float64Array }>} lags: how late each request left, the generator's own doing
 */
export async function runOpenLoop({ url, requests, requestsPerSecond, drainMs, onAnswer, headers = {} }) {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  const post = poster(pool, pathname, headers);
  const intervalMs = 1000 / requestsPerSecond;
  const windowMs = requests.length * intervalMs;
  const lagsMs = new Float64Array(requests.length);
  const startAt = performance.now() + 50;
  let answered = 0;
  let isOver = false;
  /** @type {() => void} */
  let finish = () => {};
  const finished = new Promise((resolve) => {
    finish = () => resolve(undefined);
  });

  /** @param {number} index */
  const send = (index) => {
    const dueAt = startAt + index * intervalMs;
    lagsMs[index] = performance.now() - dueAt;
    post(requests[index]?.body ?? '', (status, text, problem) => {
      const now = performance.now();
      const answer = { status, text, latencyMs: now - dueAt, at: now - startAt };
      onAnswer(index, problem ? { ...answer, problem: isOver ? 'NO_ANSWER' : problem } : answer);
      answered += 1;
      if (answered === requests.length) finish();
    });
  };

  let next = 0;
  while (next < requests.length) {
    while (next < requests.length && startAt + next * intervalMs <= performance.now()) {
      send(next);
      next += 1;
    }
    await delay(Math.max(0, startAt + next * intervalMs - performance.now()));
  }
  const giveUp = setTimeout(() => {
    isOver = true;
    void pool.destroy();
  }, drainMs);
  await finished;
  clearTimeout(giveUp);
  await pool.destroy();
  return { windowMs, lagsMs };
}

/**
 * POSTs with the least work undici can do: at 2,000 requests a second the streams and promises of `pool.request` would
 * take a core that the servers need.
 *
 * @param {Pool} pool
 * @param {string} path
 * @param {Record<string, string>} more
 */
function poster(pool, path, more) {
  const headers = { 'content-type': 'application/json', accept: 'application/json', ...more };
  /**
   * @param {string} body
   * @param {(status: number, text: string, problem?: string) => void} done
   */
  return (body, done) => {
    let status = 0;
    /** @type {Buffer[]} */
    const chunks = [];
    pool.dispatch(
      { path, method: 'POST', headers, body },
      {
        onRequestStart() {},
        onResponseStart(_controller, statusCode) {
          status = statusCode;
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          done(status, (chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)).toString());
        },
        onResponseError(_controller, error) {
          done(0, '', /** @type {NodeJS.ErrnoException} */ (error).code ?? error.name);
        },
      },
    );
  };
}
