import { setTimeout as delay } from 'node:timers/promises';
import { runOpenLoop } from '../open-loop.mjs';
import { startGateway, startLimitedSandbox } from '../servers.mjs';
import { checkAnswer, RIGHT } from './check.mjs';
import { controlSandbox, playEpisodes } from './control.mjs';

/** @typedef {import('./traffic.mjs').MixedRequest} MixedRequest */

/**
 * @typedef {object} Entry one request and what became of it
 * @property {number} dueMs since the first request was due
 * @property {number} answeredMs
 * @property {readonly string[]} outcomes one for each look-up
 * @property {readonly string[]} identifiers
 * @property {number} stale
 * @property {boolean} isAllFromMemory stale people made the answer complete: nothing in it had to be waited for
 * @property {string} [lost] why no answer came
 */

/**
 * @typedef {object} PhaseResult
 * @property {readonly Entry[]} entries
 * @property {import('./control.mjs').CallCounts} upstream
 * @property {readonly import('./control.mjs').PlayedEpisode[]} episodes
 * @property {readonly number[]} heldMb of the gateway after a collection: after a third of the run, two thirds, and all
 * @property {boolean} isGatewayAlive
 * @property {string} complaints what the gateway wrote to standard error
 */

/** Beyond the deadline that the gateway has for a request, 10 s. */
const DRAIN_MS = 13_000;
const LATENCY_MS = 20;

/**
 * Small enough to expire and to be full within the run: people of 5 s ago are asked for again, or shown as stale in trouble.
 */
const GATEWAY_SETTINGS = { CACHE_TTL_SECONDS: '5', CACHE_NEGATIVE_TTL_SECONDS: '2', CACHE_ENTRIES: '2000' };

/**
 * One run: a sandbox and a gateway of its own, a warm-up, then the traffic with the faults of the plan.
 *
 * @param {{ dist: string, people: number, warmUp: readonly MixedRequest[], traffic: readonly MixedRequest[], seconds: number,
 *   plan: readonly import('./faults.mjs').Episode[] }} options
 * @returns {Promise<PhaseResult>}
 */
export async function runPhase({ dist, people, warmUp, traffic, seconds, plan }) {
  const server = await startLimitedSandbox(dist, { people, latencyMs: LATENCY_MS });
  const gateway = await startGateway(dist, server.url, GATEWAY_SETTINGS);
  const sandbox = controlSandbox(server.url);
  const url = `${gateway.url}/graphql`;
  const requestsPerSecond = traffic.length / seconds;
  const headers = { 'x-lookup-receipt': 'true' };
  await runOpenLoop({ url, requests: warmUp, requestsPerSecond, drainMs: DRAIN_MS, headers, onAnswer() {} });
  await sandbox.forgetCalls();

  /** @type {Entry[]} */
  const entries = [];
  const startedAt = performance.now();
  const measuring = Promise.all([1, 2].map((third) => delay((third * seconds * 1_000) / 3).then(gateway.heldMb)));
  const playing = playEpisodes(sandbox, plan, startedAt);
  await runOpenLoop({
    url,
    requests: traffic,
    requestsPerSecond,
    drainMs: DRAIN_MS,
    headers,
    onAnswer(index, answer) {
      const request = traffic[index] ?? { body: '', lookUps: [] };
      const checked = answer.problem
        ? { outcomes: [], stale: 0, isAllFromMemory: false }
        : checkAnswer(request, answer);
      entries.push({
        dueMs: answer.at - answer.latencyMs,
        answeredMs: answer.at,
        identifiers: request.lookUps.map(({ identifier }) => identifier),
        ...checked,
        ...(answer.problem && { lost: answer.problem }),
      });
    },
  });
  const episodes = await playing;
  const heldMb = [...(await measuring), await gateway.heldMb()];
  const upstream = await sandbox.countCalls();
  // Before it is asked to stop, which it comments on.
  const isGatewayAlive = gateway.isRunning();
  const complaints = gateway.complaints();
  await gateway.stop();
  await server.stop();
  return { entries, upstream, episodes, heldMb, isGatewayAlive, complaints };
}

/**
 * Milliseconds from a moment until a whole second begins in which no answer held an error.
 *
 * @param {readonly Entry[]} entries
 * @param {number} fromMs
 */
export function recoveryMs(entries, fromMs) {
  const troubledAt = entries
    .filter(({ outcomes, answeredMs }) => answeredMs >= fromMs && outcomes.some((outcome) => outcome !== RIGHT))
    .map(({ answeredMs }) => answeredMs)
    .toSorted((one, other) => one - other);
  let soundSince = fromMs;
  for (const at of troubledAt) {
    if (at >= soundSince + 1_000) break;
    soundSince = at;
  }
  return soundSince - fromMs;
}
