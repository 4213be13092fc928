/**
 * Mixed traffic while faults come and go at random: is every answer right or honest, and does the gateway stay sparing,
 * small and quick to recover? See README.md for the method.
 */
import { parseArgs } from 'node:util';
import { planEpisodes } from './chaos/faults.mjs';
import { knowPeople } from './chaos/people.mjs';
import { runPhase } from './chaos/phase.mjs';
import { pick, seededRandom } from './chaos/random.mjs';
import { chaosTable } from './chaos/report.mjs';
import { makeTraffic } from './chaos/traffic.mjs';
import { judge } from './chaos/verdicts.mjs';
import { describeMachine } from './machine.mjs';
import { DEFAULT_DIST } from './servers.mjs';

const PEOPLE = 20_000;
const WARM_UP_SECONDS = 4;
/** Between the end of the last fault and the end of the traffic. */
const RECOVERY_SECONDS = 8;
const POISONS = 3;
/** Beyond the traffic, so that the fault does not end before the search for its last value. */
const SEARCH_SECONDS = 5;

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    rate: { type: 'string', default: '200' },
    dist: { type: 'string', default: DEFAULT_DIST },
  },
});
const seconds = Math.max(Number(flags.seconds), RECOVERY_SECONDS + 4);
const seed = Number(flags.seed);
const rate = Number(flags.rate);
const poisonSeconds = Math.max(9, Math.round(seconds / 4));

process.stdout.write(`${describeMachine()}\nSeed ${seed}: --seed ${seed} --seconds ${seconds} --rate ${rate}\n\n`);
const people = await knowPeople(flags.dist, PEOPLE);
const traffic = makeTraffic(people, { seed, lookUps: rate * seconds });
const warmUp = makeTraffic(people, { seed: seed + 1, lookUps: rate * WARM_UP_SECONDS });
const random = seededRandom(seed + 2);
const plan = planEpisodes(random, (seconds - RECOVERY_SECONDS) * 1_000);
const common = { dist: flags.dist, people: PEOPLE, warmUp };

process.stderr.write(`Healthy run: ${seconds} s …\n`);
const healthy = await runPhase({ ...common, traffic, seconds, plan: [] });
process.stderr.write(`The same traffic with ${plan.length} episodes of faults …\n`);
const chaos = await runPhase({ ...common, traffic, seconds, plan });

process.stderr.write(`With poison: ${poisonSeconds} s …\n`);
const start = traffic.slice(0, Math.round((traffic.length * poisonSeconds) / seconds));
const poison = pickPoison(start);
const poisonPlan = [
  { fromMs: 0, toMs: (poisonSeconds + SEARCH_SECONDS) * 1_000, faults: [{ name: 'poison', identifiers: poison }] },
];
const poisoned = await runPhase({ ...common, traffic: start, seconds: poisonSeconds, plan: poisonPlan });

process.stdout.write(`${chaosTable(chaos, seconds)}\n\n`);
const verdicts = judge({ healthy, chaos, poisoned, seconds, poisonSeconds, poison });
for (const { claim, holds, figures } of verdicts) {
  process.stdout.write(`- ${holds ? 'holds' : 'FAILS'}: ${claim} (${figures})\n`);
}
if (verdicts.some(({ holds, isFatal }) => isFatal && !holds)) process.exitCode = 1;

/**
 * Malformed values, which name nobody: one in the middle of each part of the run, so that each is found before the next comes.
 * @param {readonly import('./chaos/traffic.mjs').MixedRequest[]} requests
 */
function pickPoison(requests) {
  const part = requests.length / POISONS;
  return Array.from({ length: POISONS }, (_, number) => number).flatMap((number) => {
    const own = requests.slice(Math.floor((number + 0.25) * part), Math.floor((number + 0.5) * part));
    const nobodies = own.flatMap(({ lookUps }) => (lookUps.length > 1 ? lookUps : [])).filter(({ person }) => !person);
    return nobodies.length > 0 ? [pick(random, nobodies).identifier] : [];
  });
}
