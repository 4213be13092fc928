import { quantile } from '../statistics.mjs';
import { formatNumber } from '../table.mjs';
import { WITHOUT_CODE, WRONG } from './check.mjs';
import { recoveryMs } from './phase.mjs';
import { describeCounts, sumUp } from './report.mjs';

/** @typedef {import('./phase.mjs').PhaseResult} PhaseResult */
/** @typedef {import('./phase.mjs').Entry} Entry */
/** @typedef {{ claim: string, holds: boolean, figures: string, isFatal?: boolean }} Verdict */

const MOST_ATTEMPTS = 1.2;
const RECOVERY_MS = 5_000;
/** In the last third of the run. */
const FLAT_WITHIN = 1.05;
/** A second, and what a busy machine takes for an answer. */
const STALE_AFTER_MS = 1_200;
/** The most that splitting may add: 3 calls a second, and 20 at once. */
const SPLITS = { perSecond: 3, atOnce: 20 };
const POISON_CODE = 20006;

/**
 * @param {{ healthy: PhaseResult, chaos: PhaseResult, poisoned: PhaseResult, seconds: number, poisonSeconds: number,
 *   poison: readonly string[] }} runs
 * @returns {Verdict[]}
 */
export function judge({ healthy, chaos, poisoned, seconds, poisonSeconds, poison }) {
  const all = [healthy, chaos, poisoned];
  const sum = sumUp(all.flatMap(({ entries }) => entries));
  const codes = [...sum.errors].filter(([code]) => !WRONG.has(code));
  const wrong = [...sum.errors].filter(([code]) => WRONG.has(code));
  const masked = codes.filter(([code]) => code.startsWith(WITHOUT_CODE) || code === 'INTERNAL_SERVER_ERROR');
  const complaints = all.map((run) => run.complaints).join('');
  const latencies = all.flatMap(({ entries }) => entries.map(({ dueMs, answeredMs }) => answeredMs - dueMs));
  const isAlive = all.every(({ isGatewayAlive }) => isGatewayAlive);
  return [
    {
      claim: 'no wrong person, nobody denied',
      holds: wrong.length === 0,
      figures: `${describeCounts(new Map(wrong))} among ${formatNumber(sum.lookUps)} look-ups`,
      isFatal: true,
    },
    {
      claim: 'no lost request',
      holds: sum.lost === 0,
      figures: `${formatNumber(sum.lost)} of ${formatNumber(sum.requests)}; the slowest answer after ${formatNumber(quantile(latencies, 1))} ms`,
      isFatal: true,
    },
    {
      claim: 'the gateway lives',
      holds: isAlive,
      figures: isAlive ? 'in all runs' : `it ended by itself. ${complaints}`,
      isFatal: true,
    },
    {
      claim: 'no unhandled rejection',
      holds: isAlive && !isUncaught(complaints),
      figures: isUncaught(complaints)
        ? `standard error ends with: ${complaints.slice(-500)}`
        : `standard error ${complaints === '' ? 'is empty' : 'has lines of the log, none that says so'}`,
    },
    {
      claim: 'every error has a code of the table',
      holds: masked.length === 0,
      figures: describeCounts(new Map(codes)),
    },
    judgeStale(chaos),
    judgeMemory(chaos, healthy),
    ...judgeAttempts(healthy, chaos, seconds),
    judgePoison(healthy, poisoned, { seconds, poisonSeconds, poison }),
    judgeRecovery(chaos),
  ];
}

/** @param {string} complaints */
const isUncaught = (complaints) => /unhandled|uncaught/i.test(complaints);

/** @param {PhaseResult} chaos @returns {Verdict} */
function judgeStale({ entries }) {
  const shown = entries.filter((entry) => entry.isAllFromMemory);
  const waitedMs = (/** @type {Entry} */ { dueMs, answeredMs }) => answeredMs - dueMs;
  const late = shown.filter((entry) => waitedMs(entry) > STALE_AFTER_MS);
  const when = late.map(
    (entry) => ` ${formatNumber(waitedMs(entry))} ms for one due at ${formatNumber(entry.dueMs / 1_000, 1)} s;`,
  );
  return {
    claim: 'stale people are shown after 1 s at most',
    holds: late.length === 0,
    figures: `${formatNumber(late.length)} of ${formatNumber(shown.length)} answers that stale people made complete took longer:${when.join('')} the longest ${formatNumber(quantile(shown.map(waitedMs), 1))} ms`,
  };
}

/** @param {PhaseResult} chaos @param {PhaseResult} healthy @returns {Verdict} */
function judgeMemory(chaos, healthy) {
  const [, late = Number.NaN, last = Number.NaN] = chaos.heldMb;
  const show = (/** @type {readonly number[]} */ sizes) => sizes.map((mb) => formatNumber(mb, 1)).join(', ');
  return {
    claim: 'memory is flat',
    holds: last <= late * FLAT_WITHIN,
    figures: `${show(chaos.heldMb)} MB held after a collection at a third, two thirds and the end; healthy run ${show(healthy.heldMb)} MB; flat is up to +5 % in the last third`,
  };
}

/** @param {PhaseResult} healthy @param {PhaseResult} chaos @param {number} seconds @returns {Verdict[]} */
function judgeAttempts(healthy, chaos, seconds) {
  const ratio = chaos.upstream.calls / healthy.upstream.calls;
  const perSecond = healthy.upstream.calls / seconds;
  const troubledMs = chaos.episodes.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const troubledCalls = chaos.episodes.reduce((sum, { calls }) => sum + calls, 0);
  const troubled = troubledCalls / (troubledMs / 1000) / perSecond;
  const errors = healthy.upstream.errCodes;
  const refused = errors.get(10429) ?? 0;
  return [
    {
      claim: `attempts ≤ ${MOST_ATTEMPTS} × the healthy run`,
      holds: ratio <= MOST_ATTEMPTS,
      figures: `${formatNumber(chaos.upstream.calls)} / ${formatNumber(healthy.upstream.calls)} calls = ${formatNumber(ratio, 2)}; while faults were on ${formatNumber(troubled, 2)}; healthy ${formatNumber(perSecond, 1)} calls/s`,
    },
    {
      claim: 'the healthy run has no error',
      holds: sumUp(healthy.entries).errors.size === 0 && refused === 0,
      figures: `${describeCounts(sumUp(healthy.entries).errors)}; ${formatNumber(refused)} calls over the quota`,
    },
  ];
}

/**
 * @param {PhaseResult} healthy
 * @param {PhaseResult} poisoned
 * @param {{ seconds: number, poisonSeconds: number, poison: readonly string[] }} options
 * @returns {Verdict}
 */
function judgePoison(healthy, poisoned, { seconds, poisonSeconds, poison }) {
  const names = new Set(poison.map((identifier) => identifier.toLowerCase()));
  let refused = 0;
  let beside = 0;
  for (const { outcomes, identifiers } of poisoned.entries) {
    outcomes.forEach((outcome, index) => {
      if (outcome !== 'UPSTREAM_REJECTED') return;
      if (names.has((identifiers[index] ?? '').toLowerCase())) refused += 1;
      else beside += 1;
    });
  }
  const others = [...sumUp(poisoned.entries).errors].filter(([code]) => code !== 'UPSTREAM_REJECTED');
  const usual = (healthy.upstream.calls / seconds) * poisonSeconds;
  const splits = poisoned.upstream.calls - usual;
  const most = SPLITS.perSecond * poisonSeconds + SPLITS.atOnce + usual * (MOST_ATTEMPTS - 1);
  return {
    claim: 'splits, apart: poison is found',
    holds: splits <= most && refused >= poison.length && beside === 0 && others.length === 0,
    figures: `${poison.length} poisonous identifiers in ${poisonSeconds} s: ${formatNumber(refused)} look-ups of them refused, ${formatNumber(beside)} beside them, other errors ${describeCounts(new Map(others))}; ${formatNumber(poisoned.upstream.errCodes.get(POISON_CODE) ?? 0)} calls refused, ${formatNumber(splits)} calls more than healthy (at most ${formatNumber(most)})`,
  };
}

/** @param {PhaseResult} chaos @returns {Verdict} */
function judgeRecovery({ entries, episodes }) {
  const endMs = episodes.at(-1)?.toMs ?? 0;
  const tookMs = recoveryMs(entries, endMs);
  const later = sumUp(entries.filter(({ answeredMs }) => answeredMs > endMs + tookMs)).errors;
  return {
    claim: 'recovery within 5 s of the last fault',
    holds: tookMs <= RECOVERY_MS,
    figures: `a second without errors began after ${formatNumber(tookMs / 1000, 1)} s; errors after it: ${describeCounts(later)}`,
  };
}
