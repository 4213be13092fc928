import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ANY_PORTS, emptyFolder, runCli } from '../support/run-cli.ts';

/**
 * Serves until `visit` is done, and ends.
 * @returns the addresses of all modules that the process had loaded, as its JavaScript engine counts them.
 */
async function modulesLoaded(visit: (url: string) => Promise<void>): Promise<string[]> {
  const folder = emptyFolder();
  const cli = runCli([], { ...ANY_PORTS, NODE_V8_COVERAGE: folder });
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await cli.until('curl'))?.[0] ?? '';
  await visit(url);
  cli.process.kill('SIGTERM');
  expect(await cli.ended).toBe(0);
  return readdirSync(folder).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { result: { url: string }[] };
    return result.map((script) => script.url);
  });
}

const isGraphiql = (url: string) => url.includes('render-graphiql');

it("GraphiQL's page is not in memory before somebody opens it", async () => {
  const modules = await modulesLoaded(async (url) => {
    const asked = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ __typename }"}',
    });
    expect(await asked.json()).toEqual({ data: { __typename: 'Query' } });
    expect((await fetch(url, { headers: { accept: 'text/html' } })).status).toBe(200);
  });
  expect(modules.length).toBeGreaterThan(100);
  expect(modules.filter(isGraphiql)).toEqual([]);
});

it('and is there once it is opened', async () => {
  const modules = await modulesLoaded(async (url) => {
    expect((await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } })).status).toBe(200);
  });
  expect(modules.filter(isGraphiql).length).toBeGreaterThan(0);
});
