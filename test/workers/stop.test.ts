import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runWorkers, usersAnswer, usersPath } from '../support/run-workers.ts';
import { keysFrom } from '../support/user-keys.ts';

/** One that nobody has buried yet does not run. */
function isRunning(line: { readonly pid?: unknown }): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(line.pid)], { encoding: 'utf8' }).stdout;
  return /^[^Z]/.test(state.trim());
}

/** Twenty answers take half a second each at most. */
const PATIENCE_MS = 8_000;

async function within<T>(ms: number, asked: Promise<T>): Promise<T> {
  const out = new AbortController();
  const outOfPatience = sleep(ms, undefined, { signal: out.signal }).then(() => {
    throw new Error('Lost patience.');
  });
  outOfPatience.catch(() => {});
  try {
    return await Promise.race([asked, outOfPatience]);
  } finally {
    out.abort();
  }
}

describe('a worker that is killed', () => {
  it('loses its open connections only, and is started again, with the token that there is', async () => {
    const { ask, said, answering, sandbox } = await runWorkers({}, { latencyMs: 500 });
    const keys = keysFrom(1, 20);
    // A connection that Node was just handing to the worker is lost without a word: its client has to lose patience.
    const inFlight = Promise.allSettled(keys.map((key) => within(PATIENCE_MS, ask(usersPath([key])))));
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
      .poll(() => said('A worker exited and is restarted.'))
      .toMatchObject([{ worker, signal: 'SIGKILL', backoffMs: 1_000, level: 'error' }]);
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

describe('when all workers are killed', () => {
  it('they serve the same port again, also where it was any free one', async () => {
    const { ask, said } = await runWorkers({ PORT: '0' });
    for (const { pid } of said('A worker listens.')) process.kill(Number(pid), 'SIGKILL');
    await expect.poll(() => said('A worker listens.')).toHaveLength(4);
    const keys = keysFrom(1, 4);
    for (const key of keys) expect((await ask(usersPath([key]))).body).toEqual(usersAnswer([key]));
    expect(new Set(said('request').map(({ worker }) => worker))).toEqual(new Set([1, 2]));
  });
});

describe('SIGTERM with WORKERS=2', () => {
  it('not ready → still accepting for a set delay → in-flight answered → exit 0; no request lost', async () => {
    const { ask, cli, said } = await runWorkers({ SHUTDOWN_DELAY_SECONDS: '2' }, { latencyMs: 300 });
    const balancer = { isReady: true };
    let asked = 0;
    const client = async (first: number) => {
      for (let n = 0; balancer.isReady; n++) {
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
    expect(late.map(({ status, connection }) => [status, connection])).toEqual(late.map(() => [200, 'close']));
    balancer.isReady = false;
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
    await expect.poll(() => said('A worker listens.').filter(isRunning)).toEqual([]);
  });

  it('workers whose primary is gone end, too', async () => {
    const { cli, said } = await runWorkers();
    expect(said('A worker listens.').filter(isRunning)).toHaveLength(2);
    cli.process.kill('SIGKILL');
    await expect.poll(() => said('A worker listens.').filter(isRunning)).toEqual([]);
  });
});
