import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../../src/config/config.ts';
import type { Gateway } from '../../../src/gateway.ts';
import type { GatewayOptions } from '../../../src/gateway-options.ts';
import { close, createServer, listen } from '../../../src/http/server.ts';
import { apiKeyOf, bearer, gatewayForKeys } from '../../support/callers.ts';
import { launchChromium } from '../../support/chromium.ts';
import { gatewayWithSandbox, post } from '../../support/gateway-with-sandbox.ts';
import { keptLog } from '../../support/kept-log.ts';
import { type Asked, listening } from '../../support/listening.ts';
import { mistakesOf } from '../../support/mistakes-of.ts';
import { productionDefaults } from '../../support/production.ts';
import { ANY_PORTS, emptyFolder, runCli } from '../../support/run-cli.ts';

const APP = 'https://app.example.com';
const corsHeaders = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control')));
const preflight = (origin: string) =>
  new Request('http://gateway.test/graphql', {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  });

describe('CORS_ORIGINS', () => {
  it('is empty by default: no site may read answers', async () => {
    const { gateway } = await gatewayWithSandbox();
    expect(corsHeaders(await post(gateway, { query: '{ __typename }' }, { origin: APP }))).toEqual({});
    expect(corsHeaders(await gateway.fetch(preflight(APP)))).toEqual({});
  });

  it('lets scripts of the listed sites ask, with the headers that this gateway knows, and without cookies', async () => {
    const { gateway } = await gatewayForKeys([apiKeyOf('k')], { corsOrigins: [APP, 'https://other.example.com'] });
    const allowed = await gateway.fetch(preflight(APP));
    expect(allowed.status).toBe(204);
    expect(corsHeaders(allowed)).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': expect.stringContaining('authorization, content-type'),
    });
    expect(corsHeaders(allowed)).not.toHaveProperty('access-control-allow-credentials');
    expect(allowed.headers.get('vary')).toBe('origin');
  });

  it.each(['https://evil.example', 'null', 'https://app.example.com.evil.example', 'http://app.example.com', ''])(
    'says nothing to another origin: %o',
    async (origin) => {
      const { gateway } = await gatewayWithSandbox({ gateway: { corsOrigins: [APP] } });
      expect(corsHeaders(await gateway.fetch(preflight(origin)))).toEqual({});
      expect(corsHeaders(await post(gateway, { query: '{ __typename }' }, { origin }))).toEqual({});
    },
  );
});

describe('a preflight', () => {
  const CONFIGURATIONS: Record<string, Partial<GatewayOptions>> = {
    'without CORS_ORIGINS': {},
    'with CORS_ORIGINS': { corsOrigins: [APP] },
    'with AUTH': { auth: { kind: 'api-key', keys: [apiKeyOf('k')] } },
    'with CORS_ORIGINS and AUTH': { corsOrigins: [APP], auth: { kind: 'api-key', keys: [apiKeyOf('k')] } },
    'with LARK_IDENTITY=caller': { identity: 'caller' },
    'on the defaults of production': productionDefaults(),
  };

  it.each(Object.entries(CONFIGURATIONS))(
    'is answered with 204 at every address, without CORS headers for an origin that is not allowed: %s',
    async (_, options) => {
      const { url } = await listening({ metrics: true, ...options });
      for (const path of ['/graphql', '/forget', '/schema.graphql', '/health', '/readiness', '/metrics', '/', '/no']) {
        const headers = { origin: 'http://localhost:5173', 'access-control-request-method': 'POST' };
        const answer = await fetch(`${url}${path}`, { method: 'OPTIONS', headers });
        expect([path, answer.status, await answer.text(), corsHeaders(answer)]).toEqual([path, 204, '', {}]);
      }
    },
  );

  it('allows the headers of popular clients and of tracing, and those of CORS_ALLOWED_HEADERS', async () => {
    const allowedBy = async (options: Partial<GatewayOptions>) => {
      const { gateway } = await gatewayWithSandbox({ gateway: { corsOrigins: [APP], ...options } });
      const { headers } = await gateway.fetch(preflight(APP));
      return headers.get('access-control-allow-headers')?.split(', ') ?? [];
    };
    const always = await allowedBy({});
    expect(always).toEqual(
      expect.arrayContaining([
        'authorization',
        'content-type',
        'x-lark-user-token',
        'x-lookup-cache',
        'x-lookup-receipt',
        'x-graphql-yoga-csrf',
        'apollographql-client-name',
        'apollographql-client-version',
        'x-apollo-operation-name',
        'apollo-require-preflight',
        'baggage',
        'traceparent',
        'tracestate',
      ]),
    );
    const { exposure } = readConfig({ environment: { CORS_ALLOWED_HEADERS: 'x-app-version, X-Datadog-Trace-Id' } });
    const { corsAllowedHeaders } = exposure;
    expect(await allowedBy({ corsAllowedHeaders })).toEqual([...always, 'x-app-version', 'X-Datadog-Trace-Id']);
  });

  it.each(['*', 'x-a,,x-b', 'x a', 'x-a: 1'])('CORS_ALLOWED_HEADERS has to be names of headers: not %s', (names) => {
    expect(mistakesOf({ environment: { CORS_ALLOWED_HEADERS: names } })).toEqual([
      `CORS_ALLOWED_HEADERS: expected names of headers such as x-app-version, separated by commas, got ${JSON.stringify(names)}.`,
    ]);
  });

  it('is answered with 204 on METRICS_PORT, too, where no page may send requests', async () => {
    const { gateway } = await gatewayWithSandbox({ gateway: { metrics: 'apart', corsOrigins: [APP] } });
    const answer = await gateway.metrics?.fetch(preflight(APP));
    expect([answer?.status, answer && corsHeaders(answer)]).toEqual([204, {}]);
  });

  it('of an origin that is not allowed is logged, once for each origin, with what to set', async () => {
    const { log, entries } = keptLog('warn');
    const { gateway } = await gatewayForKeys([apiKeyOf('k')], { corsOrigins: [APP], log });
    for (const origin of [
      'http://localhost:5173',
      'https://b.example.com',
      'http://localhost:5173',
      APP,
      'http://[::1]:3',
    ])
      await gateway.fetch(preflight(origin));
    const message =
      'A page of another origin may not send requests. To allow it, add its origin to CORS_ORIGINS (option corsOrigins).';
    expect(entries).toEqual(
      ['http://localhost:5173', 'https://b.example.com', 'http://[::1]:3'].map((origin) => ({
        level: 'warn',
        message,
        fields: { origin },
      })),
    );
  });

  it.each([
    'null',
    'app://zhangsan',
    'http://zhangsan@example.com',
    'http://example.com/zhangsan',
    `http://${'zhangsan.'.repeat(40)}com`,
    'http://example.com\u00e9zhangsan',
  ])('of what is no site that could be listed is logged without the text of its client: %s', async (origin) => {
    const { log, entries } = keptLog('warn');
    const { gateway } = await gatewayWithSandbox({ gateway: { log } });
    await gateway.fetch(preflight(origin));
    expect(entries).toEqual([{ level: 'warn', message: expect.stringContaining('Serve it from a site'), fields: {} }]);
  });

  it('of a hundred origins is logged, and no further one', async () => {
    const { log, entries } = keptLog('warn');
    const { gateway } = await gatewayWithSandbox({ gateway: { log } });
    for (let n = 0; n < 300; n++) await gateway.fetch(preflight(`https://n${n}.example.com`));
    expect(entries.filter(({ fields }) => fields.origin !== undefined)).toHaveLength(100);
    expect(entries.slice(100)).toEqual([
      { level: 'warn', message: 'Further origins that may not send requests are not logged.', fields: {} },
    ]);
  });

  it('is what a page of GraphiQL never sends: its origin is not logged', async () => {
    const { log, entries } = keptLog('warn');
    const { gateway } = await gatewayWithSandbox({ gateway: { log } });
    await post(gateway, { query: '{ __typename }' }, { origin: 'http://localhost:4000' });
    expect(entries).toEqual([]);
  });
});

describe('pages of this machine', () => {
  const ORIGINS = [
    'http://localhost:5173',
    'http://127.0.0.1:3000',
    'http://[::1]:8080',
    'https://localhost',
    'http://localhost',
  ];
  const allowed = async (gateway: Gateway, origins: readonly string[]) => {
    const found: string[] = [];
    for (const origin of origins) {
      const answers = [
        await gateway.fetch(preflight(origin)),
        await post(gateway, { query: '{ __typename }' }, { origin }),
      ];
      const each = answers.map(({ headers }) => headers.get('access-control-allow-origin'));
      if (each.some((name) => name !== null)) found.push(...each.map(String));
    }
    return found;
  };

  it('may send requests to a gateway with made-up people, on any port', async () => {
    const { gateway } = await gatewayWithSandbox({ gateway: { people: 'made-up' } });
    expect(await allowed(gateway, ORIGINS)).toEqual(ORIGINS.flatMap((origin) => [origin, origin]));
    expect(
      await allowed(gateway, [
        'http://localhost.evil.example',
        'http://evil.example:5173',
        'http://localhost:5173.evil.example',
        'http://127.0.0.1.evil.example',
        'https://evil.example/http://localhost:1',
        'ftp://localhost',
        'null',
        APP,
      ]),
    ).toEqual([]);
  });

  it.each<[string, Partial<GatewayOptions>]>([
    ['in front of real people', { people: 'real' }],
    ['that says nothing of its people', {}],
    ['with CORS_ORIGINS of its own', { people: 'made-up', corsOrigins: [APP] }],
    ['with an empty list', { people: 'made-up', corsOrigins: [] }],
  ])('may not, to a gateway %s', async (_, options) => {
    const { gateway } = await gatewayWithSandbox({ gateway: options });
    expect(await allowed(gateway, ORIGINS)).toEqual([]);
  });

  it.each([
    ['the sandbox', {}, 'http://localhost:5173'],
    ['the sandbox and CORS_ORIGINS', { CORS_ORIGINS: APP }, undefined],
    ['people of a file', { SANDBOX_PEOPLE: 'people.json' }, undefined],
  ])('as the command is started: %s', async (_, environment, origin) => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'people.json'), '[{"user_key":"1"}]');
    const cli = runCli([], { ...ANY_PORTS, ...environment }, folder);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await cli.until('curl'))?.[0] ?? '';
    const headers = { origin: 'http://localhost:5173', 'access-control-request-method': 'POST' };
    const answer = await fetch(`${url}/graphql`, { method: 'OPTIONS', headers });
    expect([answer.status, answer.headers.get('access-control-allow-origin') ?? undefined]).toEqual([204, origin]);
  });
});

describe('refusals', () => {
  const key = { 'content-type': 'application/json', ...bearer('k') };
  const json = JSON.stringify({ query: '{ user(key: "7000000000000000001") { key } }' });
  const REFUSALS: [number, Asked][] = [
    [400, asked('POST', '/graphql', key, '{')],
    [401, asked('POST', '/graphql', { 'content-type': 'application/json' }, json)],
    [401, asked('GET', '/schema.graphql', {})],
    [403, asked('POST', '/graphql', { ...key, 'x-lookup-cache': 'refresh' }, json)],
    [403, asked('POST', '/forget', key, '{"key":"1"}')],
    [404, asked('GET', '/nowhere', key)],
    [405, asked('PUT', '/graphql', key, json)],
    [406, asked('POST', '/graphql', { ...key, accept: 'image/png' }, json)],
    [413, asked('POST', '/graphql', key, ' '.repeat(5_000))],
    [415, asked('POST', '/graphql', { ...key, 'content-type': 'application/xml' }, json)],
    [429, asked('POST', '/graphql', key, json)],
    [503, asked('GET', '/readiness', {})],
  ];

  function asked(method: string, path: string, headers: Record<string, string>, body?: string): Asked {
    const accept = 'application/graphql-response+json';
    return { method, path, headers: { accept, ...headers, origin: APP }, body, isChunked: false };
  }
  const allowedBy = (headers: readonly (readonly [name: string, value: string])[]) =>
    headers.filter(([name]) => name === 'access-control-allow-origin').map(([, origin]) => origin);

  it.each([true, false])('of every kind can be read by scripts of a listed site: FAST_PATH=%o', async (fastPath) => {
    const { gateway, send } = await listening({
      auth: { kind: 'api-key', keys: [apiKeyOf('k')] },
      corsOrigins: [APP],
      maxBodyBytes: 2_000,
      identifiersPerMinute: 3,
      fastPath,
    });
    for (let n = 0; n < 3; n++) expect((await send(asked('POST', '/graphql', key, json))).status).toBe(200);
    gateway.beginShutdown();
    for (const [status, request] of REFUSALS) {
      const answer = await send(request);
      expect([request.path, answer.status, allowedBy(answer.headers)]).toEqual([request.path, status, [APP]]);
      const other = await send({ ...request, headers: { ...request.headers, origin: 'https://evil.example' } });
      expect(allowedBy(other.headers)).toEqual([]);
    }
  });

  it('of a GET that a page could send without a preflight can be read, too', async () => {
    const { send } = await listening({ corsOrigins: [APP] });
    const { status, headers } = await send(asked('GET', '/graphql?query=%7B__typename%7D', {}));
    expect([status, allowedBy(headers)]).toEqual([403, [APP]]);
  });

  it('of a gateway without AUTH, under another name or through a proxy, can be read, too', async () => {
    const { gateway, send, upstreamCalls } = await listening({ corsOrigins: [APP] });
    for (const odd of [{ host: 'users.example.com' }, { 'x-forwarded-for': '203.0.113.7' }]) {
      const request = asked('POST', '/graphql', { 'content-type': 'application/json', ...odd }, json);
      const refused = await send(request);
      expect([refused.status, allowedBy(refused.headers)]).toEqual([403, [APP]]);
      expect(String(refused.body)).toContain('set AUTH');
      const asks = { 'access-control-request-method': 'POST' };
      const before = await send({ ...request, method: 'OPTIONS', headers: { ...request.headers, ...asks } });
      expect([before.status, allowedBy(before.headers)]).toEqual([204, [APP]]);
      const evil = await send({ ...request, headers: { ...request.headers, origin: 'https://evil.example' } });
      expect([evil.status, allowedBy(evil.headers)]).toEqual([403, []]);
    }
    const address = 'http://users.example.com/graphql';
    const viaFetch = await gateway.fetch(
      new Request(address, { method: 'POST', headers: { origin: APP }, body: json }),
    );
    expect([viaFetch.status, viaFetch.headers.get('access-control-allow-origin')]).toEqual([403, APP]);
    const headers = { origin: APP, 'access-control-request-method': 'POST' };
    expect((await gateway.fetch(new Request(address, { method: 'OPTIONS', headers }))).status).toBe(204);
    expect(upstreamCalls()).toEqual([]);
  });
});

/** A site of its own: another port is another origin. */
async function site(): Promise<string> {
  const server = createHttpServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>A site</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('pages in a browser', () => {
  it('a page of a listed site asks with an API key and reads the answer; a page of another site cannot', async (context) => {
    const browser = await launchChromium(context);
    const [listed, other] = [await site(), await site()];
    const { gateway, upstreamCalls } = await gatewayForKeys([apiKeyOf('open-sesame')], { corsOrigins: [listed] });
    const server = createServer(gateway);
    onTestFinished(() => close(server, 0));
    const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });

    const askFrom = async (origin: string) => {
      const page = await browser.newPage();
      await page.goto(origin);
      return page.evaluate(
        async ([target, headers]) => {
          const body = JSON.stringify({ query: '{ user(key: "7000000000000000001") { name } }' });
          try {
            const response = await fetch(target, { method: 'POST', headers, body });
            return await response.json();
          } catch (error) {
            return String(error);
          }
        },
        [`${url}/graphql`, { 'content-type': 'application/json', ...bearer('open-sesame') }] as const,
      );
    };
    expect(await askFrom(listed)).toEqual({ data: { user: { name: '张三' } } });
    expect(await askFrom(other)).toBe('TypeError: Failed to fetch');
    // The browser did not even send it: the answer to its preflight said no.
    expect(upstreamCalls()).toHaveLength(1);
  });

  it('a page of localhost reads answers and refusals of made-up people, with the headers of its clients', async (context) => {
    const browser = await launchChromium(context);
    const origin = (await site()).replace('127.0.0.1', 'localhost');
    const { log, entries } = keptLog('warn');
    const askFrom = async (options: Partial<GatewayOptions>) => {
      const { url } = await listening({ log, ...options });
      const page = await browser.newPage();
      await page.goto(origin);
      return page.evaluate(async (target) => {
        const init = {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'apollographql-client-name': 'x' },
        };
        const answerTo = async (query: string) => {
          try {
            return await (await fetch(target, { ...init, body: JSON.stringify({ query }) })).json();
          } catch (error) {
            return String(error);
          }
        };
        return [await answerTo('{ __typename }'), await answerTo('{ user(key: "") { key } }')];
      }, `${url}/graphql`);
    };
    expect(await askFrom({ people: 'made-up' })).toEqual([
      { data: { __typename: 'Query' } },
      { data: { user: null }, errors: [expect.objectContaining({ path: ['user'] })] },
    ]);
    expect(entries).toEqual([]);
    const failed = 'TypeError: Failed to fetch';
    expect(await askFrom({ people: 'real' })).toEqual([failed, failed]);
    expect(entries).toMatchObject([{ level: 'warn', fields: { origin } }]);
  });
});
