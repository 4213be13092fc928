import { writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GatewayOptions } from '../../src/gateway-options.ts';
import { close, createServer as createGatewayServer, listen } from '../../src/http/server.ts';
import { apiKeyOf, bearer, keyNamed } from '../support/callers.ts';
import { one, ZHANG_SAN } from '../support/callers-with-tokens.ts';
import { gatewayWithSandbox, post } from '../support/gateway-with-sandbox.ts';
import { blocksOf } from '../support/markdown.ts';
import { emptyFolder, type RunningCli, runCli, runCliReading } from '../support/run-cli.ts';
import { listening } from '../support/tls.ts';

const [MAY, MAY_NOT] = [keyNamed('may'), keyNamed('may-not')];
const KEYS = [apiKeyOf(MAY, { scopes: ['cache:forget'] }), apiKeyOf(MAY_NOT, { name: 'other' })];

/** A gateway that listens, with this person in memory. */
async function gatewayThatKnows(key: string, gateway: Partial<GatewayOptions> = {}, credential = '') {
  const harness = await gatewayWithSandbox({ gateway });
  const server = createGatewayServer(harness.gateway);
  onTestFinished(() => close(server, 0));
  const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
  const ask = () => post(harness.gateway, { query: one(key) }, credential ? bearer(credential) : {});
  await ask();
  return {
    url,
    /** Whether the next look-up of them costs a call. */
    async hasForgotten() {
      const before = harness.upstreamCalls().length;
      await ask();
      return harness.upstreamCalls().length > before;
    },
  };
}

/** What stands at an address in place of a gateway, and what it got. */
async function insteadOfGateway(answer: (response: ServerResponse) => void) {
  const received: { path: string | undefined; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    received.push({ path: request.url, headers: request.headers });
    request.resume().on('end', () => answer(response));
  });
  return { url: `http://127.0.0.1:${await listening(server)}`, received };
}

async function ended(cli: RunningCli) {
  const code = await cli.ended;
  return { code, stdout: cli.stdout(), stderr: cli.stderr() };
}

const fileOf = (content: string) => {
  const file = join(emptyFolder(), 'file');
  writeFileSync(file, content);
  return file;
};

describe('lark-user-gateway forget', () => {
  it('has a running gateway forget a person, and says so', async () => {
    const { url, hasForgotten } = await gatewayThatKnows(ZHANG_SAN);
    expect(await hasForgotten()).toBe(false);
    expect(await ended(runCli(['forget', '--url', url, '--key', ZHANG_SAN]))).toEqual({
      code: 0,
      stdout: 'Forgotten by one process. The one that answered had one entry of them in memory.\n',
      stderr: '',
    });
    expect(await hasForgotten()).toBe(true);
    const again = runCli(['forget', '--url', `${url}/`, '--email', 'nobody@example.com', '--tenant-key', 't1']);
    expect(await ended(again)).toMatchObject({ code: 0, stdout: expect.stringContaining('had nothing of them') });
  });

  it('does so as docs/operations.md shows', async () => {
    const shown = blocksOf('docs/operations.md').find(({ text }) => text.includes(' forget '));
    const { url, hasForgotten } = await gatewayThatKnows(ZHANG_SAN);
    const cli = runCli([...(shown?.text.split(' ').slice(2) ?? []), '--url', url]);
    expect((await ended(cli)).stdout).toContain('had one entry of them in memory');
    expect(await hasForgotten()).toBe(true);
  });

  it('reads whom from standard input, where other programs cannot', async () => {
    const { url, hasForgotten } = await gatewayThatKnows(ZHANG_SAN);
    const cli = runCliReading(fileOf(`${ZHANG_SAN}\n`), ['forget', '--url', url, '--key', '-']);
    expect((await ended(cli)).code).toBe(0);
    expect(await hasForgotten()).toBe(true);
  });

  it('shows its credential, from the environment or from a file', async () => {
    const { url, hasForgotten } = await gatewayThatKnows(ZHANG_SAN, { auth: { kind: 'api-key', keys: KEYS } }, MAY);
    const args = ['forget', '--url', url, '--key', ZHANG_SAN];
    expect((await ended(runCli(args, { GATEWAY_CREDENTIAL: MAY }))).code).toBe(0);
    expect(await hasForgotten()).toBe(true);
    expect((await ended(runCli([...args, '--credential-file', fileOf(`${MAY}\n`)]))).code).toBe(0);
    expect(await hasForgotten()).toBe(true);
  });

  it.each([
    ['no credential', {}, 'Put an API key or a token with the scope cache:forget into GATEWAY_CREDENTIAL'],
    [
      'one that is not known',
      { GATEWAY_CREDENTIAL: 'lug_other' },
      'Check the credential: the gateway does not know it',
    ],
    ['one without the scope', { GATEWAY_CREDENTIAL: MAY_NOT }, 'Use a credential with the scope cache:forget'],
  ])('with %s says what to do, and nobody is forgotten', async (_, environment, advice) => {
    const auth = { kind: 'api-key', keys: KEYS } as const;
    const { url, hasForgotten } = await gatewayThatKnows(ZHANG_SAN, { auth }, MAY);
    const { code, stderr } = await ended(runCli(['forget', '--url', url, '--key', ZHANG_SAN], environment));
    expect(code).toBe(1);
    expect(stderr).toContain(advice);
    expect(stderr).not.toContain('lug_');
    expect(stderr).not.toContain(ZHANG_SAN);
    expect(await hasForgotten()).toBe(false);
  });

  it.each([
    ['FORBIDDEN', { emailNeedsScope: true }, 'to name an e-mail address also email:read'],
    ['RATE_LIMITED', { identifiersPerMinute: 1 }, 'Run this again in a minute'],
  ])('says what to do where an address is %s', async (_, options, advice) => {
    const auth = { kind: 'api-key', keys: KEYS } as const;
    const { url } = await gatewayThatKnows(ZHANG_SAN, { auth, ...options }, MAY);
    const args = ['forget', '--url', url, '--email', 'zhangsan@example.com'];
    const { code, stderr } = await ended(runCli(args, { GATEWAY_CREDENTIAL: MAY }));
    expect(code).toBe(1);
    expect(stderr).toContain(advice);
  });

  it('says so where not all processes have', async () => {
    const forgetChannel = { listen() {}, publish: () => Promise.reject(new Error('no way')) };
    const { url } = await gatewayThatKnows(ZHANG_SAN, { forgetChannel });
    const { code, stdout, stderr } = await ended(runCli(['forget', '--url', url, '--key', ZHANG_SAN]));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('FORGET_INCOMPLETE');
    expect(stderr).toContain('Run this again until it succeeds');
  });

  it('says so where the gateway cannot read whom it means', async () => {
    const { url } = await gatewayThatKnows(ZHANG_SAN);
    const { code, stderr } = await ended(runCli(['forget', '--url', url, '--email', 'zhangsan']));
    expect(code).toBe(1);
    expect(stderr).toContain(
      'BAD_USER_INPUT: Expected an e-mail address such as name@example.com, got a text with no @.',
    );
  });

  it('says so where nothing listens', async () => {
    const { url } = await insteadOfGateway(() => {});
    const { port } = new URL(url);
    const { code, stderr } = await ended(runCli(['forget', '--url', 'http://no.invalid', '--key', '1']));
    expect([code, stderr.includes('There is no host of this name')]).toEqual([1, true]);
    const refused = await ended(runCli(['forget', '--url', `http://127.0.0.2:${port}`, '--key', '1']));
    expect([refused.code, refused.stderr.includes('Nothing listens at')]).toEqual([1, true]);
  });

  it('says so where its port is one that fetch refuses to ask', async () => {
    const { code, stderr } = await ended(runCli(['forget', '--url', 'http://127.0.0.1:4190', '--key', '1']));
    expect(code).toBe(1);
    expect(stderr).toContain('http://127.0.0.1:4190 was not reached, or did not answer (BAD_PORT).');
    expect(stderr).toContain('Have the gateway listen on another port');
    expect(stderr).toContain('They are not forgotten.');
  });

  it('follows no redirect, with credential and identifier', async () => {
    const elsewhere = await insteadOfGateway((response) => response.end('{"forgotten":true,"entries":0,"replicas":1}'));
    const { url, received } = await insteadOfGateway((response) =>
      response.writeHead(307, { location: `${elsewhere.url}/forget` }).end(),
    );
    const cli = runCli(['forget', '--url', `${url}/base`, '--key', '1'], { GATEWAY_CREDENTIAL: MAY });
    const { code, stderr } = await ended(cli);
    expect(code).toBe(1);
    expect(stderr).toContain('answered with status 307, and not as a gateway does');
    expect(received).toMatchObject([{ path: '/base/forget', headers: { authorization: `Bearer ${MAY}` } }]);
    expect(elsewhere.received).toEqual([]);
  });

  it.each(['<html>', '{}', '{"forgotten":false}', '{"data":null}'])(
    'does not take a 200 with %s for done',
    async (body) => {
      const { url } = await insteadOfGateway((response) => response.end(body));
      const { code, stdout, stderr } = await ended(runCli(['forget', '--url', url, '--key', '1']));
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('whether they are forgotten is not known');
    },
  );

  it('tells all mistakes at once, without what was given', async () => {
    const { code, stderr } = await ended(
      runCli(['forget', '--url', 'ftp://secret@gateway', '--key', 'one', '--out-id', 'two', '--tenant-key', 'three'], {
        GATEWAY_CREDENTIAL: 'four\nfive',
      }),
    );
    expect(code).toBe(2);
    expect(stderr.split('\n').filter((line) => line.startsWith('  - '))).toEqual([
      '  - --url: expected the address of a gateway, such as http://127.0.0.1:4000, without a credential in it.',
      '  - Expected one of --key, --email and --out-id, got 2.',
      '  - --tenant-key: counts with --email only.',
      '  - GATEWAY_CREDENTIAL: expected an API key or a token, got what holds other characters.',
    ]);
    expect(stderr).not.toMatch(/secret|one\b.*two|four/);
  });

  it('takes no credential from the command line', async () => {
    const { code, stderr } = await ended(runCli(['forget', '--key', '1', '--credential', MAY]));
    expect(code).not.toBe(0);
    expect(stderr).toContain("unknown option '--credential'");
  });
});
