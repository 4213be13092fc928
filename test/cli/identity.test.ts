import { exec } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ANY_PORTS, emptyFolder, runCli } from '../support/run-cli.ts';

const shell = promisify(exec);
const curlIn = (banner: string) => banner.match(/curl .*/)?.[0] ?? '';

describe('lark-user-gateway --lark-identity caller', () => {
  it('in front of the sandbox prints a curl line with a token that works', async () => {
    const curl = curlIn(await runCli(['--lark-identity', 'caller', '--sandbox'], ANY_PORTS).until('curl'));
    expect(curl).toContain("-H 'x-lark-user-token: u-");
    expect(JSON.parse((await shell(curl)).stdout)).toMatchObject({ data: { user: { nameEn: 'Zhang San' } } });
    const without = curl.replace(/-H 'x-lark-user-token: \S+'/, '');
    expect(JSON.parse((await shell(without)).stdout)).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  it('gives the token of somebody who has not left', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'people.csv'), 'user_key,status,name_en\n42,resigned,Ada\n43,activated,Bob\n');
    const cli = runCli(['--lark-identity', 'caller', '--sandbox-people', 'people.csv'], ANY_PORTS, folder);
    const banner = await cli.until('curl');
    expect(banner).toContain('No user API is configured, so these are made-up people.');
    expect((await shell(curlIn(banner))).stdout).toContain('"nameEn":"Ada"');
  });

  it('in front of a sandbox that runs alone takes the token which that one prints', async () => {
    const banner = await runCli(['sandbox', '--port', '0']).until('_sandbox/faults');
    const [, LARK_BASE_URL = ''] = /LARK_BASE_URL=(\S+) LARK_IDENTITY=caller/.exec(banner) ?? [];
    const [, token = ''] = /x-lark-user-token: (u-\S+)/.exec(banner) ?? [];
    const gateway = runCli([], { PORT: '0', LARK_BASE_URL, LARK_IDENTITY: 'caller' });
    const url = (await gateway.until('User API')).match(/http:\S+\/graphql/)?.[0] ?? '';
    const ask = await fetch(`${url}?query={user(key:"7000000000000000002"){nameEn}}`, {
      headers: { 'x-lark-user-token': token },
    });
    expect(await ask.json()).toEqual({ data: { user: { nameEn: 'Li Si' } } });
  });

  it('gets more tokens from that sandbox with the line that it prints', async () => {
    const banner = await runCli(['sandbox', '--port', '0']).until('_sandbox/faults');
    expect(JSON.parse((await shell(curlIn(banner))).stdout)).toEqual({
      token: expect.stringMatching(/^u-/),
      expire_time: 7_200,
    });
  });

  it('has no credential to check', async () => {
    const cli = runCli(['check'], { LARK_IDENTITY: 'caller', LARK_BASE_URL: 'https://project.feishu.cn' });
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toContain('LARK_IDENTITY is caller, so there is no credential to check');
  });
});
