import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyFolder, runCli } from '../support/run-cli.ts';

describe('lark-user-gateway sandbox', () => {
  it('runs alone, with any number of made-up people', async () => {
    const cli = runCli(['sandbox', '--port', '0', '--people', '20']);
    const banner = await cli.until('_sandbox/calls');
    expect(banner).toContain('20 made-up people');
    const url = banner.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0];
    const calls = await (await fetch(`${url}/_sandbox/calls`)).json();
    expect(calls).toMatchObject({ total: 0 });
    cli.process.kill('SIGTERM');
    expect(await cli.ended).toBe(0);
  });

  it('prints settings with which a gateway reaches it', async () => {
    const sandbox = runCli(['sandbox', '--port', '0']);
    const line = (await sandbox.until('_sandbox/calls')).match(/LARK_BASE_URL.*/)?.[0] ?? '';
    const check = runCli(['check'], Object.fromEntries(line.split(' ').map((pair) => pair.split('='))));
    expect(await check.ended).toBe(0);
  });

  it('loads people of your own and tells how many', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'people.json'), '[{"user_key": "1"}, {"user_key": "2"}]');
    const cli = runCli(['sandbox', '--port', '0', '--people', 'people.json'], {}, folder);
    expect(await cli.until('_sandbox/calls')).toContain('2 people from people.json');
  });

  it('tells all its mistakes at once', async () => {
    const cli = runCli(['sandbox', '--port', 'a', '--latency-ms', 'b']);
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toContain('--port: expected a whole number from 0 to 65535, got "a".');
    expect(cli.stderr()).toContain('--latency-ms: expected a whole number');
  });
});

it('lark-user-gateway schema prints what schema.graphql holds', async () => {
  const cli = runCli(['schema']);
  expect(await cli.ended).toBe(0);
  expect(cli.stdout()).toBe(readFileSync(join(import.meta.dirname, '../../schema.graphql'), 'utf8'));
});
