import { expect, it } from 'vitest';
import { blocksOf } from '../support/markdown.ts';
import { startRedis } from '../support/redis-server.ts';
import { ANY_PORTS, runCli } from '../support/run-cli.ts';

/** Both serve what docs/operations.md shows: `REDIS_URL=redis://127.0.0.1:6379 node dist/cli.js`. */
function serveWith(url: string) {
  return runCli([], { ...ANY_PORTS, SANDBOX_PORT: '0', REDIS_URL: url, REDIS_TIMEOUT_MS: '500' });
}

it('the command of docs/operations.md serves with a Redis, and readiness reports it as shown there', async () => {
  const redis = await startRedis();
  const cli = serveWith(redis.url);
  const address = /GraphQL +(http:\S+)\/graphql/.exec(await cli.until('Try it'))?.[1];
  const shown = blocksOf('docs/operations.md').find(({ text }) => text.includes('"redis"'))?.text ?? '';
  await expect
    .poll(async () => (await fetch(`${address}/readiness`)).json())
    .toEqual({ ...JSON.parse(shown), redis: { status: 'ok', replicas: 1 } });
});

it('a password is printed nowhere, even if it is wrong', async () => {
  const redis = await startRedis();
  const cli = serveWith(`redis://somebody:hunter2hunter2@127.0.0.1:${redis.port}`);
  const address = /GraphQL +(http:\S+)\/graphql/.exec(await cli.until('Try it'))?.[1];
  await expect
    .poll(async () => (await fetch(`${address}/readiness`)).json(), { timeout: 15_000 })
    .toMatchObject({ status: 'ready', redis: { status: 'away' } });
  cli.process.kill('SIGTERM');
  expect(await cli.ended).toBe(0);
  expect(cli.stdout() + cli.stderr()).not.toContain('hunter2');
  expect(cli.stderr()).toContain('"outcome":"WRONGPASS",');
  expect(cli.stderr()).toContain('Redis is unavailable');
});

it('a malformed address is a mistake, and is not repeated', async () => {
  const cli = runCli([], { ...ANY_PORTS, REDIS_URL: 'http://user:hunter2hunter2@redis' });
  expect(await cli.ended).toBe(2);
  expect(cli.stderr()).toContain('REDIS_URL: expected the address of a Redis or Valkey');
  expect(cli.stderr()).not.toContain('hunter2');
});

it.each([
  [
    { REPLICAS_HINT: '3', CACHE_ENCRYPTION_KEY: 'k'.repeat(32) },
    'CACHE_ENCRYPTION_KEY, REPLICAS_HINT: set, but REDIS_URL is not',
  ],
  [{ REDIS_URL: 'redis://r', CACHE_ENCRYPTION_KEY: 'short' }, 'CACHE_ENCRYPTION_KEY: expected at least 32 characters'],
  [
    { REDIS_URL: 'redis://r', LARK_IDENTITY: 'caller' },
    'there is no plugin secret to encrypt with. Set CACHE_ENCRYPTION_KEY',
  ],
  [{ REDIS_URL: 'redis://r', WORKERS: '3', REPLICAS_HINT: '2' }, 'REPLICAS_HINT: expected at least WORKERS (3), got 2'],
])('%j is a mistake that says what to do', async (environment, mistake) => {
  const cli = runCli([], { ...ANY_PORTS, ...environment });
  expect(await cli.ended).toBe(2);
  expect(cli.stderr()).toContain(mistake);
});
