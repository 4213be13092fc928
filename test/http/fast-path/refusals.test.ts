import { describe, expect, it } from 'vitest';
import type { GatewayOptions } from '../../../src/gateway-options.ts';
import { apiKeyOf, bearer } from '../../support/callers.ts';
import { type Asked, listening, posted } from '../../support/listening.ts';
import { keysFrom } from '../../support/user-keys.ts';
import { usedFastPath } from './response.ts';

const KEY = '7000000000000000001';
const USERS = 'query ($keys: [ID!]!) { users(keys: $keys) { key email } }';
const BY_EMAIL = 'query ($tenant: ID) { usersByEmail(emails: ["zhangsan@example.com"], tenantKey: $tenant) { key } }';
const SIX_TENANTS = `query (${Array.from('abcdef', (name) => `$${name}: ID`).join(' ')}) {
  ${Array.from('abcdef', (name) => `${name}: usersByEmail(emails: ["zhangsan@example.com"], tenantKey: $${name}) { key }`).join('\n')}
}`;

/** One request that is answered, and what is wrong with another with the same document. */
interface Row {
  readonly name: string;
  readonly gateway?: Partial<GatewayOptions>;
  /** What is answered. @default USERS for one key, of anybody */
  readonly answered?: Asked;
  readonly refused: Asked;
  readonly status: number;
  readonly code: string;
}

const KEYS = [
  apiKeyOf('one', { name: 'one', scopes: ['email:read'] }),
  apiKeyOf('other', { name: 'other', tenantKeys: ['tenant_example_com'] }),
];
const withKeys: Partial<GatewayOptions> = { auth: { kind: 'api-key', keys: KEYS }, emailNeedsScope: true };
const usual = { query: USERS, variables: { keys: [KEY] } };
const one = posted(usual);
const ofOne = posted(usual, bearer('one'));
const changed = (asked: Asked, change: Partial<Asked>): Asked => ({ ...asked, ...change });
const withoutType = { accept: 'application/json' };
const asForm = new URLSearchParams({ query: USERS, variables: JSON.stringify(usual.variables) }).toString();

const ROWS: readonly Row[] = [
  { name: 'no credential', gateway: withKeys, answered: ofOne, refused: one, status: 401, code: 'UNAUTHENTICATED' },
  {
    name: 'a wrong credential',
    gateway: withKeys,
    answered: ofOne,
    refused: posted(usual, bearer('three')),
    status: 401,
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'a credential of another kind',
    gateway: withKeys,
    answered: ofOne,
    refused: posted(usual, { authorization: 'Basic b25lOm9uZQ==' }),
    status: 401,
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'fresh people without the scope for them',
    gateway: withKeys,
    answered: ofOne,
    refused: posted(usual, { ...bearer('one'), 'x-lookup-cache': 'refresh' }),
    status: 403,
    code: 'FORBIDDEN',
  },
  {
    name: 'more than 1,000 addresses without the scope for them',
    gateway: { ...withKeys, maxIdentifiers: 2_000 },
    answered: ofOne,
    refused: posted({ query: USERS, variables: { keys: keysFrom(1, 1_001) } }, bearer('other')),
    status: 403,
    code: 'FORBIDDEN',
  },
  {
    name: 'a tenant of others',
    gateway: { auth: { kind: 'api-key', keys: KEYS } },
    answered: posted({ query: BY_EMAIL, variables: { tenant: 'tenant_example_com' } }, bearer('other')),
    refused: posted({ query: BY_EMAIL, variables: { tenant: 'tenant_example_org' } }, bearer('other')),
    status: 403,
    code: 'FORBIDDEN',
  },
  {
    name: 'more identifiers in a minute than a caller may ask for',
    gateway: { ...withKeys, identifiersPerMinute: 4 },
    answered: ofOne,
    refused: posted({ query: USERS, variables: { keys: keysFrom(1, 3) } }, bearer('one')),
    status: 429,
    code: 'RATE_LIMITED',
  },
  {
    name: 'too many identifiers',
    gateway: { maxIdentifiers: 2 },
    refused: posted({ query: USERS, variables: { keys: keysFrom(1, 3) } }),
    status: 400,
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'too many tenants',
    answered: posted({ query: SIX_TENANTS, variables: { a: 'tenant_example_org' } }),
    refused: posted({ query: SIX_TENANTS, variables: { a: 'a', b: 'b', c: 'c', d: 'd', e: 'e', f: 'f' } }),
    status: 400,
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'a key as a JSON number',
    refused: changed(one, { body: `{"query":${JSON.stringify(USERS)},"variables":{"keys":[${KEY}]}}` }),
    status: 400,
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'the name of another site',
    refused: posted(usual, { host: 'evil.example' }),
    status: 403,
    code: 'FORBIDDEN',
  },
  {
    name: 'what a proxy passes on',
    refused: posted(usual, { 'x-forwarded-for': '127.0.0.1' }),
    status: 403,
    code: 'FORBIDDEN',
  },
  {
    name: 'plain text, which a page of any site can send',
    refused: posted(usual, { 'content-type': 'text/plain' }),
    status: 403,
    code: 'FORBIDDEN',
  },
  { name: 'a body of no type', refused: changed(one, { headers: withoutType }), status: 403, code: 'FORBIDDEN' },
  {
    name: 'a form',
    refused: changed(one, { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: asForm }),
    status: 403,
    code: 'FORBIDDEN',
  },
  {
    name: 'a GET',
    refused: { method: 'GET', path: `/graphql?${asForm}`, headers: {}, body: undefined, isChunked: false },
    status: 403,
    code: 'FORBIDDEN',
  },
  {
    name: 'a compressed body',
    refused: posted(usual, { 'content-encoding': 'gzip' }),
    status: 415,
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'a body that is too large',
    gateway: { maxBodyBytes: 500 },
    refused: posted({ ...usual, more: 'x'.repeat(500) }),
    status: 413,
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'a body of unknown length that is too large',
    gateway: { maxBodyBytes: 500 },
    refused: changed(posted({ ...usual, more: 'x'.repeat(500) }), { isChunked: true }),
    status: 413,
    code: 'BAD_USER_INPUT',
  },
  { name: 'a list of operations', refused: posted([usual]), status: 400, code: 'BAD_USER_INPUT' },
  {
    name: 'the text of a trusted document in place of its id',
    gateway: { trustedDocuments: { users: USERS } },
    answered: posted({ documentId: 'users', variables: usual.variables }),
    refused: one,
    status: 403,
    code: 'FORBIDDEN',
  },
  {
    name: 'no user access token',
    gateway: { identity: 'caller', pluginId: undefined, pluginSecret: undefined },
    answered: posted(usual, { 'x-lark-user-token': 'u-of-nobody' }),
    refused: one,
    status: 401,
    code: 'UNAUTHENTICATED',
  },
];

describe('a request with a cached document is refused each time', () => {
  it.each(ROWS)('for $name', async ({ gateway, answered = one, refused, status, code }) => {
    const { send, upstreamCalls, events } = await listening(gateway ?? {});
    for (let n = 0; n < 3; n++) expect(JSON.parse(String((await send(answered)).body))).toHaveProperty('data');
    expect(usedFastPath(events)).toBe(true);
    const calls = upstreamCalls().length;
    for (let n = 0; n < 3; n++) {
      const answer = await send(refused);
      const { data, errors } = JSON.parse(String(answer.body));
      expect({ status: answer.status, data, code: errors[0].extensions.code }).toEqual({
        status,
        data: undefined,
        code,
      });
    }
    expect(upstreamCalls()).toHaveLength(calls);
  });

  it('e-mail addresses are FORBIDDEN for callers without the scope, also after others have read them', async () => {
    const { send } = await listening(withKeys);
    for (let n = 0; n < 3; n++) {
      expect(String((await send(ofOne)).body)).toContain('zhangsan@example.com');
      const { body } = await send(posted(usual, bearer('other')));
      expect(JSON.parse(String(body))).toMatchObject({
        data: { users: [{ key: KEY, email: null }] },
        errors: [{ path: ['users', 0, 'email'], extensions: { code: 'FORBIDDEN' } }],
      });
    }
  });

  it('pages of sites that are not listed may not read the response', async () => {
    const { send } = await listening({ corsOrigins: ['https://app.example.com'] });
    const allowedFor = async (origin: string) =>
      (await send(posted(usual, { origin }))).headers.find(([name]) => name === 'access-control-allow-origin')?.[1];
    for (let n = 0; n < 3; n++) {
      expect(await allowedFor('https://app.example.com')).toBe('https://app.example.com');
      for (const origin of ['https://evil.example', 'null']) expect(await allowedFor(origin)).toBeUndefined();
    }
  });
});
