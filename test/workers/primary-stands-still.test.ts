import { Client } from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import { apiKeyOf, bearer } from '../support/callers.ts';
import { runWorkers, usersAnswer, usersPath } from '../support/run-workers.ts';

it('limits of callers are counted by the worker while the primary stands still, and nobody fails for that', async () => {
  const { cli, url } = await runWorkers({
    AUTH: 'api-key',
    API_KEYS: `frontend:${apiKeyOf('a').sha256}`,
    MAX_IDENTIFIERS: '2',
    IDENTIFIERS_PER_MINUTE: '2',
  });
  const keys = ['7000000000000000001'];
  // One connection, which is accepted before.
  const client = new Client(url);
  const ask = async () => {
    const headers = { ...bearer('a'), 'x-graphql-yoga-csrf': '1' };
    const { statusCode, body } = await client.request({ path: usersPath(keys), method: 'GET', headers });
    return { status: statusCode, body: await body.json() };
  };
  expect(await ask()).toEqual({ status: 200, body: usersAnswer(keys) });
  cli.process.kill('SIGSTOP');
  onTestFinished(async () => {
    cli.process.kill('SIGCONT');
    await client.destroy();
  });
  for (let n = 0; n < 2; n++) expect(await ask()).toEqual({ status: 200, body: usersAnswer(keys) });
  expect(await ask()).toMatchObject({ status: 429 });
}, 30_000);
