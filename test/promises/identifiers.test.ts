import { describe, expect, it } from 'vitest';
import { SECOND_TENANT_KEY } from '../../src/sandbox/people.ts';
import { clockThatJumps, quickGateway } from '../faults/strike.ts';
import { codesByPath, post } from '../support/gateway-with-sandbox.ts';
import { answerQueries, peopleReply } from '../support/wire-replies.ts';

describe('User keys and out ids are case-sensitive', () => {
  const people = [
    { user_key: 'kA', out_id: 'on_A', name_en: 'Upper' },
    { user_key: 'ka', out_id: 'on_a', name_en: 'Lower' },
  ];

  it.each([
    ['users(keys: ["kA", "ka"])', { user_keys: ['kA', 'ka'] }],
    ['users: usersByOutId(outIds: ["on_A", "on_a"])', { out_ids: ['on_A', 'on_a'] }],
  ])('%s sends both in one call, and returns each its own user', async (field, body) => {
    const { query, upstreamCalls } = await quickGateway({}, { people });
    const both = { data: { users: [{ nameEn: 'Upper' }, { nameEn: 'Lower' }] } };
    expect(await query(`{ ${field} { nameEn } }`)).toEqual(both);
    expect(upstreamCalls()).toEqual([body]);
    // From the cache, too.
    expect(await query(`{ ${field} { nameEn } }`)).toEqual(both);
    expect(upstreamCalls()).toHaveLength(1);
  });

  it('a cached user key does not answer a lookup of another case', async () => {
    const { query, upstreamCalls } = await quickGateway({}, { people });
    expect(await query('{ user(key: "kA") { nameEn } }')).toEqual({ data: { user: { nameEn: 'Upper' } } });
    expect(await query('{ user(key: "ka") { nameEn } }')).toEqual({ data: { user: { nameEn: 'Lower' } } });
    expect(upstreamCalls()).toEqual([{ user_keys: ['kA'] }, { user_keys: ['ka'] }]);
  });
});

describe('A cached user is returned only for an identifier that the user still has', () => {
  const PAST_TTL_MS = 60_001;
  const BY_OLD_EMAIL = '{ byEmail: usersByEmail(emails: ["old@example.com"]) { key } }';
  const BY_KEY = '{ user(key: "k1") { email } }';
  const WITH_NEW_EMAIL = { data: { user: { email: 'new@example.com' } } };

  /** Looked up by e-mail; then the address changes, and the user is looked up by user key. */
  async function afterChangeOfEmail() {
    const time = clockThatJumps();
    const harness = await quickGateway({ clock: time.clock, breaker: { failures: 1_000 } });
    const api = { email: 'old@example.com', isDown: false };
    answerQueries(harness, ({ emails = [] }) => {
      if (api.isDown) return { status: 503, body: {} };
      const isFound = emails.length === 0 || emails.includes(api.email);
      return peopleReply(isFound ? [{ user_key: 'k1', email: api.email }] : []);
    });
    expect(await harness.query(BY_OLD_EMAIL)).toEqual({ data: { byEmail: [{ key: 'k1' }] } });
    api.email = 'new@example.com';
    const refreshed = await post(harness.gateway, { query: BY_KEY }, { 'x-lookup-cache': 'refresh' });
    expect(await refreshed.json()).toEqual(WITH_NEW_EMAIL);
    return { ...harness, ...time, api };
  }

  it('a stale user is not returned for an e-mail address that was theirs: that lookup is an error', async () => {
    const { query, jump, api } = await afterChangeOfEmail();
    jump(PAST_TTL_MS);
    api.isDown = true;
    // By user key the stale user is returned.
    expect(await query(BY_KEY)).toEqual(WITH_NEW_EMAIL);
    const answer = await query(BY_OLD_EMAIL);
    expect(answer.data).toEqual({ byEmail: [null] });
    expect(codesByPath(answer)).toEqual(['byEmail.0: UPSTREAM_UNAVAILABLE']);
  });

  it('a user within the TTL is not returned for an e-mail address that was theirs', async () => {
    const { query, upstreamCalls } = await afterChangeOfEmail();
    const before = upstreamCalls().length;
    expect(await query(BY_OLD_EMAIL)).toEqual({ data: { byEmail: [null] } });
    expect(upstreamCalls().slice(before)).toEqual([{ emails: ['old@example.com'] }]);
  });
});

describe('An identifier reaches no cached user of another tenant', () => {
  // Cache keys of a named tenant hold identity, tenant and address, with line feeds between.
  const crossing = (address: string) => `plugin\n${SECOND_TENANT_KEY}\n${address}`;
  const inTenant = (address: string) =>
    `{ users: usersByEmail(emails: ["${address}"], tenantKey: "${SECOND_TENANT_KEY}") { key } }`;
  const without = 'query ($emails: [String!]!) { users: usersByEmail(emails: $emails) { key } }';

  it.each([
    ['a user', 'known@example.org', { data: { users: [{ key: 'k9' }] } }],
    ['"not found"', 'unknown@example.org', { data: { users: [null] } }],
  ])('where %s is cached there, and the identifier holds line feeds', async (_, address, found) => {
    const people = [{ user_key: 'k9', email: 'known@example.org', tenant_key: SECOND_TENANT_KEY }];
    const { query } = await quickGateway({}, { people });
    expect(await query(inTenant(address))).toEqual(found);
    const crossed = await query(without, { emails: [crossing(address)] });
    expect(crossed.data).toEqual({ users: [null] });
    expect(codesByPath(crossed)).toEqual(['users.0: BAD_USER_INPUT']);
  });
});
