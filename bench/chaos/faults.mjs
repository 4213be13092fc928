import { shuffled, wholeBetween } from './random.mjs';

/** @typedef {{ name: string } & Record<string, unknown>} Fault */

/**
 * A stretch of the run with faults on; all of them end with it.
 * @typedef {object} Episode
 * @property {number} fromMs since the first request was due
 * @property {number} toMs
 * @property {readonly Fault[]} faults
 */

/**
 * Every kind of trouble that can be told from a sound answer. Faults that lie are left out: `rows-missing` and error 30006
 * make true people "not found", and nobody can know. Poison is a phase of its own, since splits are counted apart.
 * @type {readonly (readonly Fault[])[]}
 */
const TROUBLES = [
  [{ name: 'latency', ms: 400, jitterMs: 1200 }],
  [{ name: 'hang', every: 3 }],
  [{ name: 'stall', every: 2 }],
  [{ name: 'drip', everyMs: 20, every: 2 }],
  [{ name: 'reset-before-headers' }],
  [{ name: 'reset-mid-body', every: 2 }],
  [{ name: 'end-mid-body', every: 2 }],
  [{ name: 'garbage', every: 2 }],
  [{ name: 'truncate', every: 2 }],
  [{ name: 'trailing-text', every: 3 }],
  [{ name: 'empty', every: 2 }],
  [{ name: 'html', status: 503 }],
  [{ name: 'html', status: 502, every: 3 }],
  [{ name: 'html', status: 200, every: 2 }],
  [{ name: 'wrong-content-type' }],
  [{ name: 'wrong-encoding', every: 2 }],
  [{ name: 'redirect', every: 2 }],
  [{ name: 'oversized', bytes: 5_000_000, chunked: true, every: 3 }],
  [{ name: 'gzip-bomb', bytes: 20_000_000, every: 4 }],
  [{ name: 'huge-headers', every: 2 }],
  [{ name: 'error', code: 50006 }],
  [{ name: 'error', code: 50006, onHttp200: true, every: 2 }],
  [{ name: 'error', code: 10301, onHttp200: true, every: 3 }],
  [{ name: 'error', code: 12345, every: 3 }],
  [{ name: 'rate-limit', retryAfter: 1, every: 4 }],
  [{ name: 'rate-limit', retryAfter: 'none', every: 5 }],
  [{ name: 'rate-limit', retryAfter: 4, calls: 1 }],
  [{ name: 'token-expiry', every: 3 }],
  [{ name: 'token-expiry', calls: 1 }, { name: 'token-refused' }],
  [
    { name: 'token-expiry', calls: 1 },
    { name: 'hang', interface: 'plugin_token', calls: 1 },
  ],
  [{ name: 'malformed-envelope', shape: 'data-null', every: 2 }],
  [{ name: 'malformed-envelope', shape: 'code-text', every: 2 }],
  [{ name: 'malformed-envelope', shape: 'proto', every: 2 }],
  [{ name: 'malformed-rows', shape: 'no-key', rows: 2 }],
  [{ name: 'malformed-rows', shape: 'numeric-key', rows: 3, every: 2 }],
  [{ name: 'rows-reordered' }, { name: 'latency', ms: 300 }],
  [{ name: 'rows-duplicated', times: 3 }],
  [{ name: 'rows-unasked', rows: 5 }],
  [{ name: 'rows-unasked', rows: 5, tenant: 'other' }],
  [{ name: 'rows-without', field: 'email' }],
  [{ name: 'email-case', case: 'upper' }],
  [{ name: 'unknown-status' }],
];

/** From these the gateway has to recover at the end. */
const OUTAGES = [
  [{ name: 'html', status: 503 }],
  [{ name: 'reset-before-headers' }],
  [{ name: 'hang' }],
  [{ name: 'error', code: 50006, onHttp200: true }],
];

const FIRST_AT_MS = 2_000;
const LENGTH_MS = { from: 1_000, to: 3_000 };
const PAUSE_MS = { from: 300, to: 1_500 };
/** Long enough for the breaker to open. */
const LAST_LENGTH_MS = 3_000;

/**
 * When which faults are on: dealt from a shuffled deck, so that a long run has all of them. The last is a total outage.
 *
 * @param {() => number} random
 * @param {number} endsAtMs
 * @returns {Episode[]}
 */
export function planEpisodes(random, endsAtMs) {
  /** @type {Episode[]} */
  const episodes = [];
  let deck = shuffled(random, TROUBLES);
  const lastFromMs = Math.max(FIRST_AT_MS, endsAtMs - LAST_LENGTH_MS);
  let fromMs = FIRST_AT_MS;
  for (;;) {
    const toMs = fromMs + wholeBetween(random, LENGTH_MS.from, LENGTH_MS.to);
    if (toMs > lastFromMs - PAUSE_MS.from) break;
    if (deck.length < 2) deck = [...deck, ...shuffled(random, TROUBLES)];
    // Mostly two at once. The first that strikes a call decides it, so those that strike only some stand in front.
    const faults = deck.splice(0, random() < 0.7 ? 2 : 1).flat();
    const isSelective = (/** @type {Fault} */ { every, calls }) => Number(every !== undefined || calls !== undefined);
    episodes.push({ fromMs, toMs, faults: faults.toSorted((one, other) => isSelective(other) - isSelective(one)) });
    fromMs = toMs + wholeBetween(random, PAUSE_MS.from, PAUSE_MS.to);
  }
  const last = shuffled(random, OUTAGES)[0] ?? [];
  return [...episodes, { fromMs: lastFromMs, toMs: Math.max(endsAtMs, lastFromMs + 1_000), faults: last }];
}

/** @param {Fault} fault */
export function describeFault({ name, ...parameters }) {
  const texts = Object.entries(parameters).map(([key, value]) => `${key}=${String(value)}`);
  return texts.length === 0 ? name : `${name}:${texts.join(',')}`;
}
