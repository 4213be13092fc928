import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { gatewaysWithRedis, keptIn, peopleKeys } from '../support/gateways-with-redis.ts';
import { type RedisServer, startRedis, startSentinel } from '../support/redis-server.ts';
import { ANY_PORTS, runCli } from '../support/run-cli.ts';
import { CERTIFICATES } from '../support/tls.ts';

/** Two gateways meet at this address: the second finds whom the first has looked up. */
async function meetAt(url: string, server: RedisServer) {
  const { gateways, sandbox, upstreamCalls, tokenCalls } = await gatewaysWithRedis({ server, redis: { url } });
  expect(gateways.map((gateway) => gateway.readiness().shared?.isUp)).toEqual([true, true]);
  const identifiers = sandbox.people.slice(0, 100).map(({ user_key }) => user_key);
  const found = await gateways[0].directory.lookup({ kind: 'key', identifiers });
  await keptIn(server, 100);
  expect(await gateways[1].directory.lookup({ kind: 'key', identifiers })).toEqual(found);
  const before = (await peopleKeys(server)).length;
  const emails = sandbox.people.slice(0, 50).flatMap(({ email, linked }) => (email && linked !== false ? email : []));
  const byEmail = await gateways[0].directory.lookup({ kind: 'email', identifiers: emails });
  await keptIn(server, before + emails.length);
  expect(await gateways[1].directory.lookup({ kind: 'email', identifiers: emails })).toEqual(byEmail);
  return { calls: upstreamCalls().length, tokens: tokenCalls() };
}

/** All that the second would have asked, the first had. */
const ONCE = { calls: 2, tokens: 1 };

it('a server with a password and a number of its own', async () => {
  const server = await startRedis();
  await server.client.call(
    'ACL',
    'SETUSER',
    'gateway',
    'on',
    '>p@ss word',
    '~lark-user-gateway:*',
    '&*',
    '+@all',
    '-@dangerous',
    '+info',
  );
  expect(await meetAt(`redis://gateway:p%40ss%20word@127.0.0.1:${server.port}`, server)).toEqual(ONCE);
});

it('a Cluster: all keys of one MGET are in one slot', async () => {
  const server = await startRedis('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1');
  await server.client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await expect.poll(() => server.client.call('CLUSTER', 'INFO')).toContain('cluster_state:ok');
  expect(await meetAt(`redis+cluster://127.0.0.1:${server.port}`, server)).toEqual(ONCE);
});

it('Sentinels that know the server', async () => {
  const server = await startRedis();
  expect(await meetAt(`redis+sentinel://127.0.0.1:${await startSentinel(server)}/people`, server)).toEqual(ONCE);
});

it('Sentinels of which the first is silent', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const server = await startRedis();
  const url = `redis+sentinel://127.0.0.1:${port},127.0.0.1:${await startSentinel(server)}/people`;
  const { gateways } = await gatewaysWithRedis({ server, redis: { url } });
  await expect.poll(() => gateways[0].readiness().shared?.isUp).toBe(true);
  silent.close();
});

it('TLS, checked against what the machine trusts', async () => {
  const port = await freePort();
  const key = CERTIFICATES.valid.replace('-cert', '-key');
  await startRedis(
    '--tls-port',
    String(port),
    '--tls-cert-file',
    CERTIFICATES.valid,
    '--tls-key-file',
    key,
    '--tls-auth-clients',
    'no',
    '--tls-ca-cert-file',
    CERTIFICATES.valid,
  );
  const readinessOf = async (environment: Record<string, string>) => {
    const cli = runCli(['serve'], {
      ...ANY_PORTS,
      SANDBOX: 'true',
      REDIS_URL: `rediss://localhost:${port}`,
      REDIS_TIMEOUT_MS: '500',
      ...environment,
    });
    const address = /GraphQL +(http:\S+)\/graphql/.exec(await cli.until('Health'))?.[1];
    await expect.poll(async () => (await fetch(`${address}/readiness`)).status).toBe(200);
    return (await fetch(`${address}/readiness`)).json();
  };
  expect(await readinessOf({ NODE_EXTRA_CA_CERTS: CERTIFICATES.valid })).toMatchObject({ redis: { status: 'ok' } });
  expect(await readinessOf({})).toMatchObject({ redis: { status: 'away' } });
});
