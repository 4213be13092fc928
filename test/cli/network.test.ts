import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { runCli } from '../support/run-cli.ts';
import { CERTIFICATES, listening, overTls } from '../support/tls.ts';

async function sandboxAndCredential() {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.close());
  const { pluginId, pluginSecret } = sandbox.credential;
  return { sandbox, credential: { LARK_PLUGIN_ID: pluginId, LARK_PLUGIN_SECRET: pluginSecret } };
}

describe('the way to the user API', () => {
  it('trusts the authority that NODE_EXTRA_CA_CERTS names, and says so when it is missing', async () => {
    const { sandbox, credential } = await sandboxAndCredential();
    const environment = { ...credential, LARK_BASE_URL: await overTls(sandbox.url) };
    const untrusted = runCli(['check'], environment);
    expect(await untrusted.ended).toBe(1);
    expect(untrusted.stdout()).toContain("name your company's CA in NODE_EXTRA_CA_CERTS");
    const trusted = runCli(['check'], { ...environment, NODE_EXTRA_CA_CERTS: CERTIFICATES.valid });
    expect(await trusted.ended).toBe(0);
  });

  it('leads through HTTPS_PROXY, except to the hosts of NO_PROXY', async () => {
    const { sandbox, credential } = await sandboxAndCredential();
    const tunnels: string[] = [];
    const proxy = createServer().on('connect', (incoming, socket) => {
      tunnels.push(incoming.url ?? '');
      const [host, port] = (incoming.url ?? '').split(':');
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      for (const end of [onward, socket]) end.on('error', () => {});
    });
    const url = await overTls(sandbox.url);
    const environment = {
      ...credential,
      LARK_BASE_URL: url,
      NODE_EXTRA_CA_CERTS: CERTIFICATES.valid,
      HTTPS_PROXY: `http://127.0.0.1:${await listening(proxy)}`,
    };
    expect(await runCli(['check'], environment).ended).toBe(0);
    expect(new Set(tunnels)).toEqual(new Set([new URL(url).host]));
    tunnels.length = 0;
    expect(await runCli(['check'], { ...environment, NO_PROXY: '127.0.0.1' }).ended).toBe(0);
    expect(tunnels).toEqual([]);
  });
});
