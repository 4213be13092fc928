import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UNASKED } from '../support/gateway-with-sandbox.ts';
import { ROOT } from '../support/markdown.ts';
import { ANY_PORTS, type RunningCli, runCli, runCliLoggingTo } from '../support/run-cli.ts';

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

const linesOf = (cli: RunningCli): Record<string, unknown>[] =>
  cli
    .stderr()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** Starts, answers so many queries, and stops. */
async function served(environment: Record<string, string>, queries = 1): Promise<RunningCli> {
  const cli = runCli([], { ...ANY_PORTS, ...environment });
  const url = (await cli.until('curl')).match(/http:\S+\/graphql/)?.[0] ?? '';
  const asked = Array.from({ length: queries }, () =>
    fetch(`${url}?query={user(key:"7000000000000000001"){key}}`, { headers: UNASKED }),
  );
  await Promise.all(asked.map(async (response) => (await response).text()));
  await fetch(url.replace('graphql', 'health'));
  cli.process.kill('SIGTERM');
  expect(await cli.ended).toBe(0);
  return cli;
}

/** Runs once it says that it serves. */
const meanwhile = (code: string) => {
  const preloaded = `const { write } = process.stdout; process.stdout.write = function (...all) { setTimeout(() => { ${code} }, 0); return write.apply(this, all); };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preloaded)}` };
};

describe('the log of lark-user-gateway', () => {
  it('is one JSON object a line on standard error, the last of them written before it ends', async () => {
    const lines = linesOf(await served({}, 200));
    expect(lines.filter(({ msg }) => msg === 'request')).toHaveLength(200);
    expect(lines[1]).toMatchObject({ level: 'info', outcome: 'OK', caller: 'anonymous', identifiers: 1 });
    expect(Date.parse(String(lines[0]?.time))).toBeGreaterThan(Date.now() - 60_000);
    expect(lines.slice(-2).map(({ msg }) => msg)).toEqual([expect.stringContaining('SIGTERM'), 'Stopped.']);
  });

  it.each([{}, { WORKERS: '2' }])('begins with where it listens, and in which version: %o', async (environment) => {
    const cli = runCli([], { ...ANY_PORTS, ...environment });
    const url = (await cli.until('curl')).match(/GraphQL {3}(http:\S+)\/graphql/)?.[1];
    const said = () =>
      cli
        .stderr()
        .split('\n')
        .filter((line) => line.includes('"The gateway listens."'));
    await expect
      .poll(() => said().map((line) => JSON.parse(line)))
      .toEqual([
        { level: 'info', time: expect.any(String), version: manifest.version, url, msg: 'The gateway listens.' },
      ]);
  });

  it('leaves standard output to people', async () => {
    const cli = await served({ LOG_LEVEL: 'trace' });
    expect(cli.stdout()).toMatch(/^lark-user-gateway \d/);
    expect(cli.stdout()).not.toContain('"level"');
  });

  it.each([
    ['silent', []],
    ['warn', ['warn']],
    ['info', ['info', 'warn']],
    ['debug', ['debug', 'info', 'warn']],
    ['trace', ['debug', 'info', 'trace', 'warn']],
  ])('at LOG_LEVEL=%s has lines of the levels %j', async (level, expected) => {
    // More than the vendor allows: a warning at the start.
    const lines = linesOf(await served({ LOG_LEVEL: level, LARK_CALLS_PER_SECOND: '20' }));
    expect(new Set(lines.map((line) => line.level))).toEqual(new Set(expected));
  });

  it('refuses a level that there is not', async () => {
    const cli = runCli(['--log-level', 'verbose'], ANY_PORTS);
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toContain(
      'LOG_LEVEL: expected trace, debug, info, warn, error, fatal or silent, got "verbose".',
    );
  });

  it.each(['throw new RangeError("secret");', 'Promise.reject(new RangeError("secret"));'])(
    'tells what nobody caught without its message, and ends with 1: %s',
    async (code) => {
      const cli = runCli([], { ...ANY_PORTS, ...meanwhile(code) });
      expect(await cli.ended).toBe(1);
      expect(cli.stderr()).not.toContain('secret');
      // On a busy machine it comes before the line of the start.
      expect(linesOf(cli).filter(({ level }) => level !== 'info')).toMatchObject([
        { level: 'fatal', msg: 'Uncaught: the process ends.', stack: expect.stringMatching(/^RangeError/) },
      ]);
    },
  );

  it('is written to its end also where a second signal does not wait', async () => {
    const cli = runCli(['--shutdown-delay-seconds', '600'], ANY_PORTS);
    await cli.until('curl');
    cli.process.kill('SIGINT');
    await expect.poll(() => cli.stderr()).toContain('Once more to stop at once');
    cli.process.kill('SIGINT');
    expect(await cli.ended).toBe(1);
    expect(linesOf(cli).map(({ msg }) => msg)).toEqual(['The gateway listens.', expect.stringContaining('SIGINT')]);
  });

  it.runIf(existsSync('/dev/full'))(
    'is done without where the disk is full: requests are answered, and it stops',
    async () => {
      const cli = runCliLoggingTo('/dev/full', ANY_PORTS);
      const url = (await cli.until('curl')).match(/http:\S+\/graphql/)?.[0] ?? '';
      for (let asked = 0; asked < 5; asked++) {
        const response = await fetch(`${url}?query={__typename}`, {
          headers: UNASKED,
          signal: AbortSignal.timeout(5_000),
        });
        expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
      }
      cli.process.kill('SIGTERM');
      expect(await cli.ended).toBe(0);
    },
  );

  it.runIf(existsSync('/dev/full'))(
    'does not keep it from ending where the disk is full and a second signal does not wait',
    async () => {
      const cli = runCliLoggingTo('/dev/full', { ...ANY_PORTS, SHUTDOWN_DELAY_SECONDS: '600' });
      const url = (await cli.until('curl')).match(/http:\S+\/graphql/)?.[0] ?? '';
      cli.process.kill('SIGTERM');
      await expect.poll(async () => (await fetch(url.replace('graphql', 'readiness'))).status).toBe(503);
      cli.process.kill('SIGTERM');
      expect(await cli.ended).toBe(1);
    },
  );

  it('does not keep it from ending where nobody reads it', async () => {
    const cli = runCli([], { ...ANY_PORTS, LOG_LEVEL: 'trace' });
    cli.process.stderr.pause();
    const url = (await cli.until('curl')).match(/http:\S+\/graphql/)?.[0] ?? '';
    // More than what a pipe holds, and what is read ahead of it.
    for (let asked = 0; asked < 1_500; asked++) await (await fetch(url.replace('graphql', 'health'))).text();
    cli.process.kill('SIGTERM');
    await expect.poll(() => cli.process.exitCode).toBe(0);
    cli.process.stderr.resume();
  });
});
