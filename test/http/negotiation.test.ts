import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GatewayOptions } from '../../src/gateway-options.ts';
import { apiKeyOf, bearer } from '../support/callers.ts';
import { type Asked, listening, posted } from '../support/listening.ts';

const RUNS = 300;
const SEED = 20_261_130;
const KEY = '7000000000000000001';
const QUERY = { query: `{ user(key: "${KEY}") { key } }` };
const JSON_TYPE = 'application/json; charset=utf-8';
const GRAPHQL_TYPE = 'application/graphql-response+json; charset=utf-8';
/** As Apollo Client 4 sends it. */
const APOLLO = 'application/graphql-response+json,application/json;q=0.9';

const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('application/json', 'application/graphql-response+json') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '*/*',
      'application/*',
      '*/json',
      '*',
      'text/html',
      'text/event-stream',
      'multipart/mixed',
      'text/*',
      'APPLICATION/JSON',
      'application / json',
      'application/graphql+json',
      'application/jsonp',
      'x',
      '',
      '/',
    ),
  },
);
const parameter = fc.constantFrom(
  'q=0',
  'q=0.5',
  'q=1',
  'charset=utf-8',
  'charset=UTF-8',
  'charset=latin1',
  'charset="utf-8"',
  'a=b',
  '',
);
const range = fc
  .tuple(name, fc.array(parameter, { maxLength: 2 }), fc.constantFrom(';', '; ', ' ;'))
  .map(([type, parameters, gap]) => [type, ...parameters].join(gap));
const accept = fc
  .tuple(fc.array(range, { maxLength: 4 }), fc.constantFrom(',', ', '))
  .map(([ranges, gap]) => ranges.join(gap).trim());

type Wire = Awaited<ReturnType<typeof listening>>;

async function typeOf({ send }: Pick<Wire, 'send'>, asked: Asked): Promise<string> {
  const { headers } = await send(asked);
  return headers.find(([header]) => header === 'content-type')?.[1] ?? 'none';
}

const changed = (asked: Asked, change: Partial<Asked>): Asked => ({ ...asked, ...change });

describe('the content type of a response depends on the header Accept of its request alone', () => {
  it('whatever other clients have sent to any path before', async () => {
    const gateway = await listening({});
    const health = (header: string) => changed(posted({}, { accept: header }), { path: '/health' });
    for (const header of ['text/event-stream', 'multipart/mixed', APOLLO]) await gateway.send(health(header));
    await gateway.send(posted(QUERY));
    expect(await typeOf(gateway, posted(QUERY, { accept: 'text/event-stream' }))).toBe('text/event-stream');
    expect(await typeOf(gateway, posted(QUERY, { accept: 'multipart/mixed' }))).toContain('multipart/mixed');
    expect(await typeOf(gateway, posted(QUERY, { accept: APOLLO }))).toBe(GRAPHQL_TYPE);
  });

  it(`is what Yoga chooses, also on the fast path and on refusals: ${RUNS} generated headers`, async () => {
    const [fast, yoga] = [await listening({}), await listening({ fastPath: false })];
    await fast.send(posted(QUERY));
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(accept, async (header) => {
        const asked = posted(QUERY, { accept: header });
        const chosen = await typeOf(yoga, asked);
        seen.set(chosen, (seen.get(chosen) ?? 0) + 1);
        expect(await typeOf(fast, asked)).toBe(chosen);
        const ofRefusal = await typeOf(yoga, changed(asked, { path: '/nowhere' }));
        expect(ofRefusal).toBe(chosen === GRAPHQL_TYPE ? GRAPHQL_TYPE : JSON_TYPE);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    for (const type of [JSON_TYPE, GRAPHQL_TYPE, 'text/event-stream']) expect(seen.get(type)).toBeGreaterThan(5);
  });

  it('does not wait for Yoga to have answered the same header before', async () => {
    const { send, events } = await listening({});
    await send(posted(QUERY));
    events.length = 0;
    await send(posted(QUERY, { accept: 'application/json;q=0.7, */*;q=0.1' }));
    expect(events).toContainEqual(expect.objectContaining({ type: 'request', usedFastPath: true }));
  });
});

interface Row {
  readonly title: string;
  readonly gateway?: Partial<GatewayOptions>;
  readonly asked: Asked;
  readonly status: number;
  readonly code: string;
}

const keys = [
  apiKeyOf('k', { scopes: ['cache:forget'] }),
  apiKeyOf('l', { name: 'limited', tenantKeys: ['tenant_example_com'] }),
];
const withKeys: Partial<GatewayOptions> = { auth: { kind: 'api-key', keys } };
const k = bearer('k');
const many = { query: `{ users(keys: ["1", "2", "3"]) { key } }` };
const toForget = (change: Partial<Asked>) => changed(posted({ key: '1' }, k), { path: '/forget', ...change });

const ROWS: readonly Row[] = [
  { title: 'no credential', gateway: withKeys, asked: posted(QUERY), status: 401, code: 'UNAUTHENTICATED' },
  {
    title: 'no user access token',
    gateway: { identity: 'caller', pluginId: undefined, pluginSecret: undefined },
    asked: posted(QUERY),
    status: 401,
    code: 'UNAUTHENTICATED',
  },
  { title: 'the host of another site', asked: posted(QUERY, { host: 'evil.example' }), status: 403, code: 'FORBIDDEN' },
  {
    title: 'a host that is none',
    gateway: withKeys,
    asked: posted(QUERY, { host: 'a b' }),
    status: 400,
    code: 'BAD_USER_INPUT',
  },
  {
    title: 'a scope that the credential lacks',
    gateway: withKeys,
    asked: posted(QUERY, { ...k, 'x-lookup-cache': 'refresh' }),
    status: 403,
    code: 'FORBIDDEN',
  },
  {
    title: 'a request that a page of any site can send',
    asked: posted(QUERY, { 'content-type': 'text/plain' }),
    status: 403,
    code: 'FORBIDDEN',
  },
  {
    title: 'a tenant of others',
    gateway: withKeys,
    asked: posted({ query: '{ usersByEmail(emails: ["a@b.c"], tenantKey: "other") { key } }' }, bearer('l')),
    status: 403,
    code: 'FORBIDDEN',
  },
  { title: 'an unknown path', asked: changed(posted(QUERY), { path: '/nowhere' }), status: 404, code: 'NOT_FOUND' },
  { title: 'another method', asked: changed(posted(QUERY), { method: 'PUT' }), status: 405, code: 'BAD_USER_INPUT' },
  {
    title: 'a body that is too large',
    gateway: { maxBodyBytes: 10 },
    asked: posted(QUERY),
    status: 413,
    code: 'BAD_USER_INPUT',
  },
  {
    title: 'a compressed body',
    asked: posted(QUERY, { 'content-encoding': 'gzip' }),
    status: 415,
    code: 'BAD_USER_INPUT',
  },
  {
    title: 'a body of another type',
    asked: posted(QUERY, { 'content-type': 'application/xml' }),
    status: 415,
    code: 'BAD_USER_INPUT',
  },
  {
    title: 'more identifiers than a caller may ask for in a minute',
    gateway: { ...withKeys, identifiersPerMinute: 5 },
    asked: posted(many, k),
    status: 429,
    code: 'RATE_LIMITED',
  },
  {
    title: 'keys that cannot be fetched',
    gateway: { auth: { kind: 'jwt', jwksUrl: 'http://127.0.0.1:9/jwks', issuer: 'i', audience: 'a' } },
    asked: posted(QUERY, bearer(`${Buffer.from('{"alg":"ES256","kid":"1"}').toString('base64url')}.e30.c2ln`)),
    status: 503,
    code: 'AUTHENTICATION_UNAVAILABLE',
  },
  {
    title: 'another method for /forget',
    gateway: withKeys,
    asked: toForget({ method: 'PUT' }),
    status: 405,
    code: 'BAD_USER_INPUT',
  },
  {
    title: 'no scope for /forget',
    gateway: withKeys,
    asked: changed(posted({}, bearer('l')), { path: '/forget' }),
    status: 403,
    code: 'FORBIDDEN',
  },
  {
    title: 'too much for /forget',
    gateway: withKeys,
    asked: toForget({ body: ' '.repeat(5_000) }),
    status: 413,
    code: 'BAD_USER_INPUT',
  },
];

describe.each([
  [APOLLO, GRAPHQL_TYPE],
  ['application/json', JSON_TYPE],
  ['*/*', JSON_TYPE],
])('a client that accepts %s reads status, code and message', (header, contentType) => {
  it.each(ROWS)('of a refusal for $title', async ({ gateway = {}, asked, status, code }) => {
    const harness = await listening({ ...gateway, log: { level: 'error', write: () => {} } });
    const sent = changed(asked, { headers: { ...asked.headers, accept: header } });
    // So that the identifiers of a minute are used up.
    if (status === 429) await harness.send(sent);
    const answer = await harness.send(sent);
    const { errors } = JSON.parse(String(answer.body));
    expect({
      status: answer.status,
      contentType: answer.headers.find(([one]) => one === 'content-type')?.[1],
      errors,
    }).toEqual({
      status,
      contentType,
      errors: [{ message: expect.stringMatching(/./), extensions: expect.objectContaining({ code }) }],
    });
  });
});

it('a refusal of 406 is JSON, with a code and a message', async () => {
  const harness = await listening({});
  const answer = await harness.send(posted(QUERY, { accept: 'image/png' }));
  expect(answer.status).toBe(406);
  expect(answer.headers).toContainEqual(['content-type', JSON_TYPE]);
  expect(JSON.parse(String(answer.body)).errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
});

it('over the Fetch API, a refusal of a foreign host is negotiated alike', async () => {
  const { gateway } = await listening({});
  const asked = { method: 'POST', headers: { accept: APOLLO }, body: '{}' };
  const response = await gateway.fetch(new Request('http://evil.example/graphql', asked));
  expect([response.status, response.headers.get('content-type')]).toEqual([403, GRAPHQL_TYPE]);
});

it('the port of its own for metrics negotiates alike', async () => {
  const { gateway } = await listening({ metrics: 'apart' });
  const response = await gateway.metrics?.fetch(
    new Request('http://localhost/nowhere', { headers: { accept: APOLLO } }),
  );
  expect([response?.status, response?.headers.get('content-type')]).toEqual([404, GRAPHQL_TYPE]);
  expect(await response?.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
});
