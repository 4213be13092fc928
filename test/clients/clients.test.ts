import { describe, expect, it } from 'vitest';
import { apiKeyOf, bearer } from '../support/callers.ts';
import { keysFrom } from '../support/user-keys.ts';
import { CLIENTS, type Outcome, urql } from './clients.ts';
import { startGateway } from './gateway.ts';

const USER = 'query User($key: ID!) { user(key: $key) { nameEn } }';
const USERS = 'query Users($keys: [ID!]!) { users(keys: $keys) { nameEn } }';
const BY_EMAIL = 'query ByEmail($emails: [String!]!) { usersByEmail(emails: $emails) { nameEn } }';
const KEY = '7000000000000000001';

const API_KEY_ENTRY = `frontend:${apiKeyOf('frontend').sha256}`;

const shown = ({ errors = [] }: Outcome) =>
  errors.map(({ message, extensions }) => ({ message, code: extensions?.code }));

describe.each(CLIENTS)('$name', ({ make }) => {
  it('gets the answer to its first query, with nothing configured but the address', async () => {
    const gateway = await startGateway();
    const { data, errors } = await make(gateway)(USER, { key: KEY });
    expect({ data, errors }).toMatchObject({ data: { user: { nameEn: 'Zhang San' } } });
    expect(gateway.exchanges.map(({ status }) => status)).toEqual([200]);
  });

  it('shows the application code and message of an operation that is malformed', async () => {
    const outcome = await make(await startGateway())(USER, { key: 7 });
    expect(shown(outcome)).toEqual([
      { code: 'BAD_USER_INPUT', message: expect.stringContaining('expects identifiers as strings') },
    ]);
  });

  it('shows the application code and message of a malformed item', async () => {
    const outcome = await make(await startGateway())(BY_EMAIL, { emails: ['zhangsan@example.com', 'no address'] });
    expect(shown(outcome)).toEqual([
      { code: 'BAD_USER_INPUT', message: expect.stringContaining('Expected an e-mail address') },
    ]);
  });

  it('shows the application code and message where its credential is missing or wrong', async () => {
    const gateway = await startGateway({ AUTH: 'api-key', API_KEYS: API_KEY_ENTRY });
    for (const headers of [{}, bearer('wrong')]) {
      expect(shown(await make(gateway, { headers })(USER, { key: KEY }))).toEqual([
        { code: 'UNAUTHENTICATED', message: expect.stringContaining('credential') },
      ]);
    }
    expect(gateway.exchanges.map(({ status }) => status)).toEqual([401, 401]);
    const { data } = await make(gateway, { headers: bearer('frontend') })(USER, { key: KEY });
    expect(data).toMatchObject({ user: { nameEn: 'Zhang San' } });
  });

  it('shows the application code, message and retryAfterMs of an operation that is rejected for load', async () => {
    const gateway = await startGateway({ LARK_CALLS_PER_SECOND: '1', REQUEST_TIMEOUT_MS: '2000' });
    const { errors = [] } = await make(gateway)(USERS, { keys: keysFrom(1, 1_000) });
    expect(errors.length).toBeGreaterThan(0);
    for (const { message, extensions } of errors) {
      expect({ message, ...extensions }).toEqual({
        code: 'OVERLOADED',
        message: expect.stringMatching(/\w/),
        retryAfterMs: expect.any(Number),
      });
    }
  });
});

describe('urql without configuration', () => {
  it('sends a GET, and the application sees in the message what to configure', async () => {
    const gateway = await startGateway();
    const outcome = await urql()(gateway)(USER, { key: KEY });
    expect(gateway.exchanges).toMatchObject([{ method: 'GET', status: 403 }]);
    expect(shown(outcome)).toEqual([{ code: 'FORBIDDEN', message: expect.stringContaining('preferGetMethod: false') }]);
  });

  it('works with a POST, or with the header', async () => {
    const gateway = await startGateway();
    const byPost = await urql({ preferGetMethod: false })(gateway)(USER, { key: KEY });
    const headers = { 'x-graphql-yoga-csrf': 'true' };
    const byGet = await urql()(gateway, { headers })(USER, { key: KEY });
    for (const { data } of [byPost, byGet]) expect(data).toMatchObject({ user: { nameEn: 'Zhang San' } });
    expect(gateway.exchanges).toMatchObject([
      { method: 'POST', status: 200 },
      { method: 'GET', status: 200 },
    ]);
  });
});
