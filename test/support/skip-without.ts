import { spawnSync } from 'node:child_process';
import { TestRunner } from 'vitest';

/** Without this program on the machine the test is skipped, aloud; in CI that is a failure. @param program also its Debian package. */
export function skipWithout(program: string, versionFlag = '--version'): void {
  const { error } = spawnSync(program, [versionFlag]);
  if (!error) return;
  const reason = `No ${program} on this machine.`;
  if (process.env.CI === 'true') throw new Error(`${reason} CI needs it: apt-get install ${program}.`);
  const test = TestRunner.getCurrentTest();
  process.stderr.write(`SKIPPED: "${test?.name}". ${reason}\n`);
  test?.context.skip(reason);
}
