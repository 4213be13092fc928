import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { runCli } from '../support/run-cli.ts';

const CERTIFICATE = join(import.meta.dirname, '..', 'fixtures', 'localhost-cert.pem');
const KEY = join(import.meta.dirname, '..', 'fixtures', 'localhost-key.pem');

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function sandboxAndCredential() {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.close());
  const { pluginId, pluginSecret } = sandbox.credential;
  return { sandbox, credential: { LARK_PLUGIN_ID: pluginId, LARK_PLUGIN_SECRET: pluginSecret } };
}

/** The sandbox behind TLS, with a certificate that no public authority has signed. */
async function overTls(target: string): Promise<string> {
  const tls = createHttpsServer({ cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) }, (incoming, outgoing) => {
    const onward = request(target + incoming.url, { method: incoming.method, headers: incoming.headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  return `https://127.0.0.1:${await listening(tls)}`;
}

describe('the way to the user API', () => {
  it('trusts the authority that NODE_EXTRA_CA_CERTS names, and says so when it is missing', async () => {
    const { sandbox, credential } = await sandboxAndCredential();
    const environment = { ...credential, LARK_BASE_URL: await overTls(sandbox.url) };
    const untrusted = runCli(['check'], environment);
    expect(await untrusted.ended).toBe(1);
    expect(untrusted.stdout()).toContain("name your company's CA in NODE_EXTRA_CA_CERTS");
    const trusted = runCli(['check'], { ...environment, NODE_EXTRA_CA_CERTS: CERTIFICATE });
    expect(await trusted.ended).toBe(0);
  });

  it('leads through HTTPS_PROXY, except to the hosts of NO_PROXY', async () => {
    const { sandbox, credential } = await sandboxAndCredential();
    const tunnels: string[] = [];
    const proxy = createHttpServer().on('connect', (incoming, socket) => {
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
      NODE_EXTRA_CA_CERTS: CERTIFICATE,
      HTTPS_PROXY: `http://127.0.0.1:${await listening(proxy)}`,
    };
    expect(await runCli(['check'], environment).ended).toBe(0);
    expect(new Set(tunnels)).toEqual(new Set([new URL(url).host]));
    tunnels.length = 0;
    expect(await runCli(['check'], { ...environment, NO_PROXY: '127.0.0.1' }).ended).toBe(0);
    expect(tunnels).toEqual([]);
  });
});
