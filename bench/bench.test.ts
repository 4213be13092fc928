import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

async function bench(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join('bench', `${name}.mjs`), ...args], {
    cwd: ROOT,
  });
  return stdout;
}

it('bench:quota prints a row for each server, and no wrong person', { timeout: 120_000 }, async () => {
  const table = await bench('quota', '--seconds', '2', '--rates', '100', '--shapes', '5');
  expect(table).toMatch(/\| +5 \| gateway \| +100 \|/);
  expect(table).toMatch(/\| +5 \| plain +\| +100 \|/);
  expect(table).not.toContain('WRONG_PERSON');
});

it('bench:replicas prints a row for each number of replicas, and what Redis adds', { timeout: 180_000 }, async () => {
  const flags = ['--seconds', '2', '--rates', '200', '--shapes', '5', '--replicas', '2', '--rounds', '3'];
  const table = await bench('replicas', ...flags);
  // Everybody is answered: no errors.
  expect(table).toMatch(/\| +5 \| 1 without Redis \| +200 \|.*\| none +\|/);
  expect(table).toMatch(/\| +5 \| 2 +\| +200 \|.*\| none +\|/);
  expect(table).toMatch(/\| with Redis +\|/);
  expect(table).not.toContain('WRONG_PERSON');
});

it('bench:redis-flaps prints a row for each period, without an error', { timeout: 120_000 }, async () => {
  const table = await bench('redis-flaps', '--seconds', '3', '--periods', '600', '--gateways', '2');
  expect(table).toMatch(/\| +2 \| +for good \|.*\| none +\|/);
  expect(table).toMatch(/\| +2 \| +600 \|.*\| none +\|/);
});

it('bench:idle prints what the gateway adds', { timeout: 120_000 }, async () => {
  expect(await bench('idle', '--rounds', '3')).toContain('| gateway ');
});

it('bench:refusals prints a row for each refused request', { timeout: 120_000 }, async () => {
  const table = await bench('refusals', '--rounds', '3');
  expect(table).toMatch(/\| 18-level fragment bomb +\| +1 \| +400 \|/);
  expect(table).toMatch(/\| 500,000 nested lists in variables +\| 1,000 \| +400 \|/);
  expect(table).toMatch(/\| 70,000 fields in a variable +\| +[\d,]+ \| +400 \|/);
  expect(table).toMatch(/\| 100,000 e-mails +\| +[\d,]+ \| +413 \|/);
});

it('bench:memory prints a curve', { timeout: 120_000 }, async () => {
  expect(await bench('memory', '--lookups', '4000', '--every', '1000')).toMatch(/4,000/);
});

const SCENARIOS = [
  'single',
  'cold100',
  'alias50',
  'cold1000',
  'warm100',
  'warm1',
  'fallback1',
  'fallback100',
  'latency',
];

it('bench:speed prints what an answer costs, and no wrong person', { timeout: 240_000 }, async () => {
  const flags = ['--seconds', '0.5', '--warm-up', '0.5', '--rounds', '1', '--quota-seconds', '2', '--people', '5000'];
  const table = await bench('speed', ...flags, '--servers', 'gateway,plain,bare');
  for (const scenario of SCENARIOS) {
    // No errors.
    expect(table).toMatch(new RegExp(`\\| ${scenario} +\\| gateway +\\|.*\\| none +\\|`));
    expect(table).toMatch(new RegExp(`\\| ${scenario} +\\| plain +\\|.*\\| none +\\|`));
  }
  for (const scenario of ['single', 'latency']) {
    expect(table).toMatch(new RegExp(`\\| ${scenario} +\\| bare +\\|.*\\| none +\\|`));
  }
  expect(table).toMatch(/\| +1 \| gateway +\| +2,000 \|/);
  expect(table).toMatch(/\| +5 \| plain +\| +2,000 \|/);
  expect(table).toMatch(/- found in a single lookup: [\d,]+ bytes\n- found in a list of 100: [\d,]+ bytes/);
  expect(table).not.toContain('WRONG_PERSON');
});

it('bench:profile tells where the time goes', { timeout: 120_000 }, async () => {
  const flags = ['--scenarios', 'single', '--seconds', '1', '--warm-up', '0.5', '--people', '5000'];
  expect(await bench('profile', ...flags)).toMatch(/\| gateway: \w+ +\| +\d+ % \|/);
});

const arePeersInstalled = existsSync(join(import.meta.dirname, 'peers/node_modules/.package-lock.json'));

it.skipIf(!arePeersInstalled)('bench:speed asks the other servers too', { timeout: 240_000 }, async () => {
  const peers = ['mercurius', 'mercurius-cache', 'yoga-cache', 'apollo', 'apollo-cache', 'grafserv', 'hive'];
  const scenarios = ['single', 'cold100', 'warm1'];
  const flags = ['--seconds', '0.5', '--warm-up', '0.5', '--rounds', '1', '--people', '5000'];
  const table = await bench('speed', ...flags, '--servers', peers.join(), '--scenarios', scenarios.join());
  const isAnswered = (scenario: string, peer: string) =>
    new RegExp(`\\| ${scenario} +\\| ${peer}.*\\| none +\\|`).test(table) || table.includes(`- ${peer}: needs Node 22`);
  const missing = scenarios.flatMap((scenario) => peers.filter((peer) => !isAnswered(scenario, peer)));
  expect(missing).toEqual([]);
});
