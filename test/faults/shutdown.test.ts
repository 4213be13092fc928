import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import { UNASKED } from '../support/gateway-with-sandbox.ts';
import { runCli } from '../support/run-cli.ts';
import { keysFrom } from '../support/user-keys.ts';

/** The command in front of a sandbox of its own, once it is ready. */
async function serve(options: SandboxOptions, environment: Record<string, string>) {
  const sandbox = await startSandbox({ callsPerSecond: Number.POSITIVE_INFINITY, ...options });
  onTestFinished(() => sandbox.close());
  const cli = runCli([], {
    PORT: '0',
    LARK_BASE_URL: sandbox.url,
    LARK_PLUGIN_ID: sandbox.credential.pluginId,
    LARK_PLUGIN_SECRET: sandbox.credential.pluginSecret,
    ...environment,
  });
  const url = (await cli.until('User API')).match(/http:\S+(?=\/graphql)/)?.[0] ?? '';
  const statusOfReadiness = async () => (await fetch(`${url}/readiness`)).status;
  await vi.waitFor(async () => expect(await statusOfReadiness()).toBe(200), { timeout: 5_000 });
  const ask = (key: string) => fetch(`${url}/graphql?query={user(key:"${key}"){key}}`, { headers: UNASKED });
  const queries = () => sandbox.calls().filter((call) => call.interface === 'user_query');
  return { sandbox, cli, url, ask, queries, statusOfReadiness };
}

describe('SIGTERM under load', () => {
  it('not ready → still accepting for a set delay, `Connection: close` → in-flight answered → exit 0; no request lost', async () => {
    const { cli, url, ask, queries, statusOfReadiness } = await serve(
      { latencyMs: 400 },
      { SHUTDOWN_DELAY_SECONDS: '2' },
    );
    const keys = keysFrom(1, 20);
    const inFlight = keys.map(ask);
    await vi.waitFor(() => expect(queries().length).toBeGreaterThan(0), { timeout: 5_000 });

    cli.process.kill('SIGTERM');
    await vi.waitFor(async () => expect(await statusOfReadiness()).toBe(503), { timeout: 1_500 });
    const late = await ask('7000000000000000021');
    expect(late.headers.get('connection')).toBe('close');
    expect(await late.json()).toEqual({ data: { user: { key: '7000000000000000021' } } });

    const answers = await Promise.all(inFlight.map(async (response) => (await response).json()));
    expect(answers).toEqual(keys.map((key) => ({ data: { user: { key } } })));
    expect(await cli.ended).toBe(0);
    await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
  });

  it('what does not finish within SHUTDOWN_GRACE_SECONDS is closed, and the exit is 0 all the same', async () => {
    const { cli, ask, queries, sandbox } = await serve(
      {},
      { SHUTDOWN_GRACE_SECONDS: '1', LARK_TIMEOUT_MS: '20000', REQUEST_TIMEOUT_MS: '20000' },
    );
    sandbox.faults.start({ name: 'hang' });
    const inFlight = Promise.allSettled([ask('7000000000000000001')]);
    await vi.waitFor(() => expect(queries()).toHaveLength(1), { timeout: 5_000 });
    cli.process.kill('SIGTERM');
    expect(await cli.ended).toBe(0);
    await inFlight;
  });

  it('a second signal forces', async () => {
    const { cli, ask, queries, sandbox } = await serve({}, { LARK_TIMEOUT_MS: '20000', REQUEST_TIMEOUT_MS: '20000' });
    sandbox.faults.start({ name: 'hang' });
    const inFlight = Promise.allSettled([ask('7000000000000000001')]);
    await vi.waitFor(() => expect(queries()).toHaveLength(1), { timeout: 5_000 });
    cli.process.kill('SIGTERM');
    await vi.waitFor(() => expect(cli.stderr()).toContain('SIGTERM'), { timeout: 5_000 });
    cli.process.kill('SIGTERM');
    expect(await cli.ended).not.toBe(0);
    expect(await inFlight).toEqual([expect.objectContaining({ status: 'rejected' })]);
  });
});
