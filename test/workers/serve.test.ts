import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { keysFrom } from '../faults/strike.ts';
import { mostInAnySecond } from '../support/in-any-second.ts';
import { ANY_PORTS, emptyFolder, runCli } from '../support/run-cli.ts';
import { type RunningWorkers, runWorkers, usersAnswer, usersPath } from '../support/run-workers.ts';

/** Asks for 400 different people a second, for three seconds. @returns what was wrong with the answers. */
async function load({ ask }: RunningWorkers, headers: Record<string, string> = {}): Promise<unknown[]> {
  const asked: Promise<unknown>[] = [];
  for (let turn = 0; turn < 60; turn++) {
    for (let one = 0; one < 4; one++) {
      const keys = keysFrom(1 + 5 * (4 * turn + one), 5);
      asked.push(
        ask(usersPath(keys), headers).then(({ body }) =>
          JSON.stringify(body) === JSON.stringify(usersAnswer(keys)) ? undefined : body,
        ),
      );
    }
    await sleep(50);
  }
  return (await Promise.all(asked)).filter((wrong) => wrong !== undefined);
}

describe('WORKERS=2 under load', () => {
  it('makes at most 15 calls in any second with one token, which is asked for once; both workers answer, and nobody sees an error', async () => {
    const running = await runWorkers({}, { people: 1_500, latencyMs: 20 });
    expect(await load(running)).toEqual([]);
    const calls = running.sandbox.calls();
    const queries = calls.filter((call) => call.interface === 'user_query');
    // Each worker on its own could make as many.
    expect(queries.length).toBeGreaterThan(30);
    expect(mostInAnySecond(queries.map(({ at }) => at))).toBeLessThanOrEqual(15);
    expect(calls.filter(({ errCode }) => errCode !== 0)).toEqual([]);
    expect(calls.length - queries.length).toBe(1);
    expect(running.answering()).toEqual(new Set([1, 2]));
  });

  it('does so with the token of each caller, too', async () => {
    const running = await runWorkers({ LARK_IDENTITY: 'caller' }, { people: 1_500, latencyMs: 20 });
    const callers = ['7000000000000000001', '7000000000000000002'].map((key) => running.sandbox.userAccessToken(key));
    const wrong = await Promise.all(callers.map((token) => load(running, { 'x-lark-user-token': token })));
    expect(wrong.flat()).toEqual([]);
    for (const token of callers) {
      const arrivals = running.sandbox.calls().flatMap((call) => (call.token === token ? [call.at] : []));
      expect(arrivals.length).toBeGreaterThan(30);
      expect(mostInAnySecond(arrivals)).toBeLessThanOrEqual(15);
    }
    expect(running.answering()).toEqual(new Set([1, 2]));
  });
});

describe('IDENTIFIERS_PER_MINUTE with WORKERS=2', () => {
  it('counts what a caller asks of all workers', async () => {
    const hash = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb';
    const { ask, answering } = await runWorkers({
      AUTH: 'api-key',
      API_KEYS: `frontend:${hash}`,
      MAX_IDENTIFIERS: '10',
      IDENTIFIERS_PER_MINUTE: '10',
    });
    const statuses: number[] = [];
    for (const key of keysFrom(1, 20)) {
      statuses.push((await ask(usersPath([key]), { authorization: 'Bearer a' })).status);
    }
    expect(statuses).toEqual([...Array(10).fill(200), ...Array(10).fill(429)]);
    expect(answering()).toEqual(new Set([1, 2]));
  });
});

describe('a worker that is killed', () => {
  it('loses its open connections only, and is started again, with the token that there is', async () => {
    const { ask, said, answering, sandbox } = await runWorkers({}, { latencyMs: 500 });
    const keys = keysFrom(1, 20);
    const inFlight = Promise.allSettled(keys.map((key) => ask(usersPath([key]))));
    await expect.poll(() => sandbox.calls().length).toBeGreaterThan(1);
    const { worker, pid } = said('A worker listens.')[0] ?? {};
    process.kill(Number(pid), 'SIGKILL');

    const outcomes = (await inFlight).map((one) => (one.status === 'fulfilled' ? one.value.body : 'lost'));
    const lost = outcomes.filter((one) => one === 'lost').length;
    expect(
      outcomes.filter(
        (one, n) => one !== 'lost' && JSON.stringify(one) !== JSON.stringify(usersAnswer([keys[n] ?? ''])),
      ),
    ).toEqual([]);
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(20);

    await expect
      .poll(() => said('A worker ended, and is started again.'))
      .toMatchObject([{ worker, signal: 'SIGKILL', pauseMs: 1_000, level: 'error' }]);
    for (const key of keys) expect((await ask(usersPath([key]))).body).toEqual(usersAnswer([key]));
    await expect.poll(() => said('A worker listens.').map((line) => line.worker)).toHaveLength(3);
    const before = said('request').length;
    await expect
      .poll(async () => {
        await ask(usersPath(['7000000000000000001']));
        return new Set(
          said('request')
            .slice(before)
            .map((line) => line.worker),
        );
      })
      .toEqual(new Set([1, 2]));
    expect(answering()).toEqual(new Set([1, 2]));
    expect(sandbox.calls().filter((call) => call.interface === 'plugin_token')).toHaveLength(1);
  });
});

describe('SIGTERM with WORKERS=2', () => {
  it('not ready → still accepting for a set delay → in-flight answered → exit 0; no request lost', async () => {
    const { ask, cli, said } = await runWorkers({ SHUTDOWN_DELAY_SECONDS: '2' }, { latencyMs: 300 });
    let isReady = true;
    let asked = 0;
    const client = async (first: number) => {
      for (let n = 0; isReady; n++) {
        const keys = keysFrom(first + n, 1);
        asked++;
        expect((await ask(usersPath(keys))).body).toEqual(usersAnswer(keys));
      }
    };
    const clients = [1, 201, 401, 601].map(client);
    await expect.poll(() => said('request').length).toBeGreaterThan(8);
    cli.process.kill('SIGTERM');
    await expect.poll(async () => (await ask('/readiness')).status).toBe(503);
    // Both of them: the next goes to the other.
    const late = await Promise.all(keysFrom(900, 4).map((key) => ask(usersPath([key]))));
    expect(late.map(({ status, connection }) => [status, connection])).toEqual(Array(4).fill([200, 'close']));
    isReady = false;
    await Promise.all(clients);
    expect(await cli.ended).toBe(0);
    expect(said('request').filter(({ endpoint }) => endpoint === 'graphql')).toHaveLength(asked + 4);
    expect(said('Stopped.')).toHaveLength(1);
  });

  it('does not wait after a second signal', async () => {
    const { cli, said } = await runWorkers({ SHUTDOWN_DELAY_SECONDS: '600' });
    cli.process.kill('SIGTERM');
    await expect.poll(() => cli.stderr()).toContain('Once more to stop at once');
    cli.process.kill('SIGTERM');
    expect(await cli.ended).toBe(1);
    for (const { pid } of said('A worker listens.')) {
      await expect.poll(() => existsSync(`/proc/${pid}`) && !isZombie(pid)).toBe(false);
    }
  });
});

const isZombie = (pid: unknown) => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

describe('WORKERS', () => {
  it('mistakes of the configuration are told once', async () => {
    const cli = runCli(['--port', 'x'], { WORKERS: '2', SANDBOX_PORT: 'y' });
    expect(await cli.ended).toBe(2);
    expect(cli.stderr().split('\n')).toHaveLength(4);
  });

  it('a port that is taken is told once, with the setting to change', async () => {
    const sandbox = await startSandbox();
    const port = new URL(sandbox.url).port;
    const cli = runCli(['--port', port], { WORKERS: '2', SANDBOX_PORT: '0', LOG_LEVEL: 'silent' });
    expect(await cli.ended).toBe(1);
    expect(cli.stderr()).toBe(
      `Cannot listen on 127.0.0.1:${port}: another program listens there. Set PORT to a free port.\n`,
    );
    await sandbox.close();
  });

  it('when no worker can start, the command says so and ends with 1', async () => {
    const code = 'if (process.argv[2] === "worker") process.exit(7);';
    const cli = runCli([], {
      ...ANY_PORTS,
      WORKERS: '2',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
    });
    expect(await cli.ended).toBe(1);
    expect(cli.stderr()).toContain('None of 2 workers could start: the last ended with 7.');
    expect(cli.stdout()).toBe('');
  });

  it('serves the one embedded sandbox, and says where everything is once', async () => {
    const cli = runCli([], { ...ANY_PORTS, WORKERS: '2', LARK_CALLS_PER_SECOND: '16' });
    const url = (await cli.until('curl')).match(/http:\S+(?=\/graphql)/)?.[0] ?? '';
    const answer = await fetch(`${url}${usersPath(['7000000000000000001'])}`, {
      headers: { 'x-graphql-yoga-csrf': '1' },
    });
    expect(await answer.json()).toEqual(usersAnswer(['7000000000000000001']));
    cli.process.kill('SIGINT');
    expect(await cli.ended).toBe(0);
    expect(cli.stdout().match(/GraphQL {3}/g)).toHaveLength(1);
    expect(cli.stderr().match(/LARK_CALLS_PER_SECOND is 16/g)).toHaveLength(1);
  });

  it.runIf(existsSync('/proc/self/environ'))(
    'tells workers secrets neither on the command line nor in the environment',
    async () => {
      const sandbox = await startSandbox();
      const folder = emptyFolder();
      const { pluginId, pluginSecret } = sandbox.credential;
      writeFileSync(join(folder, 'secret'), pluginSecret);
      const cli = runCli(
        [],
        {
          WORKERS: '2',
          PORT: '0',
          LARK_BASE_URL: sandbox.url,
          LARK_PLUGIN_ID: pluginId,
          LARK_PLUGIN_SECRET_FILE: 'secret',
        },
        folder,
      );
      await cli.until('User API');
      await expect.poll(() => cli.stderr().match(/A worker listens/g)).toHaveLength(2);
      for (const [, pid] of cli.stderr().matchAll(/"pid":(\d+)/g)) {
        expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('worker');
        expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toContain('LARK_PLUGIN_SECRET_FILE');
        for (const file of ['cmdline', 'environ'])
          expect(readFileSync(`/proc/${pid}/${file}`, 'utf8')).not.toContain(pluginSecret);
      }
      await sandbox.close();
    },
  );

  it('1, the default, is one process, as it would be without', async () => {
    const cli = runCli([], { ...ANY_PORTS, WORKERS: '1' });
    await cli.until('curl');
    cli.process.kill('SIGTERM');
    expect(await cli.ended).toBe(0);
    expect(cli.stderr()).not.toContain('worker');
  });

  it('the command that runs a worker is for "serve" only', async () => {
    const cli = runCli(['worker']);
    expect(await cli.ended).toBe(1);
    expect(cli.stderr()).toContain('This command is for "serve" with WORKERS');
  });
});
