// Adds up the reports of vitest in a folder into the one line that CI closes with.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '.'] = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };
for (const name of readdirSync(folder)) {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  totals.passed += numPassedTests;
  totals.failed += numFailedTests;
  totals.skipped += numPendingTests;
}
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
process.stdout.write(`${totals.passed} passed, ${totals.failed} failed${skipped}\n`);
if (totals.passed === 0 || totals.failed > 0) process.exitCode = 1;
