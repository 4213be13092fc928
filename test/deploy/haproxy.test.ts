import { expect, it } from 'vitest';
import { readText } from '../support/deployment.ts';
import { startHaproxy } from '../support/haproxy.ts';
import { listening } from '../support/listening.ts';
import { parseAnswer, rawRequest, sendRaw } from '../support/raw-http.ts';

const QUERY = JSON.stringify({ query: '{ user(key: "7000000000000000001") { nameEn } }' });
const USER = JSON.stringify({ key: '7000000000000000001' });
const HOST = 'Host: gateway.example.com';
const JSON_TYPE = 'Content-Type: application/json';

/** HAProxy in front of two gateways with everything that they can serve, and what all of these were asked for. */
async function behindHaproxy() {
  const options = {
    auth: { kind: 'none', hosts: 'any' },
    metrics: true,
    graphiql: { key: '1', email: 'a@b.c', outId: '1' },
  } as const;
  const gateways = [await listening(options), await listening(options)];
  const port = await startHaproxy(gateways.map(({ url }) => Number(new URL(url).port)));
  const ask = async (line: string, lines: readonly string[] = [HOST], body?: string) =>
    parseAnswer(await sendRaw(port, rawRequest(line, lines, body)));
  const served = () =>
    gateways.flatMap(({ events }) => events.flatMap((event) => (event.type === 'request' ? [event.endpoint] : [])));
  return { ask, served };
}

it('GraphQL, GraphiQL, the schema, probes and /forget are reachable through the load balancer, in every form of a target', async () => {
  const { ask } = await behindHaproxy();
  for (const target of ['/graphql', '/graphql/', '/graphql?x', 'http://gateway.example.com/graphql']) {
    const { status, body } = await ask(`POST ${target}`, [HOST, JSON_TYPE], QUERY);
    expect([status, JSON.parse(body)]).toEqual([200, { data: { user: { nameEn: 'Zhang San' } } }]);
  }
  const page = [HOST, 'Accept: text/html'];
  expect((await ask('GET /graphql', page)).body).toContain('<title>Lark users</title>');
  expect((await ask('GET /', page)).status).toBe(200);
  expect((await ask('GET /schema.graphql')).body).toContain('type Query');
  expect((await ask('GET /health')).body).toContain('"ok"');
  expect((await ask('GET /readiness')).status).toBe(200);
  expect((await ask('POST /forget', [HOST, JSON_TYPE], USER)).body).toContain('"forgotten":true');
});

const DISGUISES = (name: string) => [
  `/./${name}`,
  `/x/../${name}`,
  `/../${name}`,
  `/graphql/../${name}`,
  `/%2e/${name}`,
  `/%2E/${name}`,
  `/x/%2e%2E/${name}`,
  `/x/.%2e/${name}`,
  `/;/../${name}`,
  `/x/..;/${name}`,
  `/x%2f..%2f${name}`,
  `/x\\..\\${name}`,
  `/\\${name}`,
  `//${name}`,
  `//gateway.example.com/${name}`,
  `/graphql//../../${name}`,
  `/${name}/`,
  `/${name}/.`,
  `/${name}/x/..`,
  `/${name};x`,
  `/${name}%20`,
  `/${name}%00`,
  `/${name}#`,
  `/${name}#/../graphql`,
  `/graphql#/../${name}`,
  `/${name.toUpperCase()}`,
  `/${name.replace('m', '%6d').replace('f', '%66')}`,
  `http://gateway.example.com/./${name}`,
  `http://gateway.example.com//${name}`,
  `http://gateway.example.com/x/../${name}`,
  `http://user@gateway.example.com/x/../${name}`,
  `http://gateway.example.com\\${name}`,
];

/** Hosts that a URL parser would take for a path, and targets that are answered. */
const SMUGGLED = (name: string) => [
  ['/health', `Host: x/${name}?`],
  ['/graphql', `Host: x/${name}?`],
  ['/', `Host: x/${name}`],
  ['/', `Host: x\\${name}?`],
  ['/health', `Host: x/${name}#`],
  ['http://x/health', `Host: x/${name}?`],
];

it('no spelling of a request target reaches the metrics of a gateway', async () => {
  const { ask, served } = await behindHaproxy();
  const plain = [
    '/metrics',
    '/metrics?x',
    'http://x/metrics?/health',
    'http://gateway.example.com/metrics',
    'HTTP://gateway.example.com/metrics',
  ];
  const targets = [...plain, ...DISGUISES('metrics')].map((target) => [target, HOST]);
  for (const [target = '', host = ''] of [...targets, ...SMUGGLED('metrics')]) {
    for (const method of ['GET', 'HEAD', 'POST']) {
      const { status, body } = await ask(`${method} ${target}`, [host]);
      expect([target, host, status >= 400 && status < 500]).toEqual([target, host, true]);
      expect(body).not.toContain('lark_gateway_');
    }
  }
  expect(served()).not.toContain('metrics');
});

it('only a request for exactly /forget reaches it', async () => {
  const { ask, served } = await behindHaproxy();
  const targets = DISGUISES('forget').map((target) => [target, HOST]);
  for (const [target = '', host = ''] of [...targets, ...SMUGGLED('forget')]) {
    const { status, body } = await ask(`POST ${target}`, [host, JSON_TYPE], USER);
    expect([target, host, status >= 400 && status < 500]).toEqual([target, host, true]);
    expect(body).not.toContain('forgotten');
  }
  expect(served()).not.toContain('forget');
});

it('the configuration routes only paths that the gateway has', async () => {
  const [, paths = ''] = /unless \{ path (.+) \}/.exec(readText('deploy/haproxy/haproxy.cfg')) ?? [];
  const { url } = await listening({ auth: { kind: 'none', hosts: 'any' } });
  expect(paths.split(' ').length).toBeGreaterThan(4);
  for (const path of paths.split(' ')) {
    const asked = await fetch(`${url}${path}`, { headers: { accept: 'text/html' } });
    expect([path, asked.status]).not.toEqual([path, 404]);
  }
});
