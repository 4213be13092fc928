import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { keptIn } from '../support/gateways-with-redis.ts';
import { startRedis } from '../support/redis-server.ts';
import { ANY_PORTS, emptyFolder, runCli } from '../support/run-cli.ts';
import { runWorkers, usersAnswer, usersPath } from '../support/run-workers.ts';
import { seriesOf } from '../support/scrape.ts';

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
    expect(cli.stdout()).toContain('Workers   2 ');
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

it('a person is forgotten by all workers, whichever is asked', async () => {
  const { ask, url, sandbox, answering } = await runWorkers();
  const path = usersPath(['7000000000000000001']);
  const upstreamCalls = () => sandbox.calls().filter((call) => call.interface === 'user_query').length;
  const askUntilBothHaveAnswered = async (calls: number) => {
    await expect
      .poll(async () => {
        await ask(path);
        return upstreamCalls();
      })
      .toBe(calls);
  };
  // Each has a memory of its own.
  await askUntilBothHaveAnswered(2);
  // The log comes by another way than the answer.
  await expect.poll(() => answering().size).toBe(2);
  const forgotten = await fetch(`${url}/forget`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key: '7000000000000000001' }),
  });
  expect(await forgotten.json()).toEqual({ forgotten: true, entries: 1, replicas: 2 });
  await askUntilBothHaveAnswered(4);
});

it('with REDIS_URL as well, the workers meet in Redis', async () => {
  const redis = await startRedis();
  const { ask, url, sandbox, answering } = await runWorkers({ REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '500' });
  await expect
    .poll(async () => (await fetch(`${url}/readiness`)).json())
    .toMatchObject({ redis: { status: 'ok', replicas: 2 } });
  await ask(usersPath(['7000000000000000001']));
  await keptIn(redis, 2);
  while (answering().size < 2) await ask(usersPath(['7000000000000000001']));
  expect(sandbox.calls().map((call) => call.interface)).toEqual(['plugin_token', 'user_query']);
});

it('/metrics of any worker tells of all of them', async () => {
  const { ask, url, answering } = await runWorkers();
  const path = usersPath(['7000000000000000001']);
  let asked = 0;
  while (answering().size < 2) {
    await ask(path);
    asked++;
  }
  const scrape = async () => seriesOf(await (await fetch(`${url}/metrics`)).text());
  await expect
    .poll(async () => (await scrape()).get('lark_gateway_requests_total{endpoint="graphql",outcome="OK"}'))
    .toBe(asked);
  // Each of them has looked up the one person: one quota, one token, two memories.
  const all = await scrape();
  expect(all.get('lark_gateway_upstream_calls_total{kind="key",outcome="answered",err_code=""}')).toBe(2);
  expect(all.get('lark_gateway_cache_entries')).toBe(2);
  expect(all.get('lark_gateway_quota_limit_calls')).toBe(15);
});
