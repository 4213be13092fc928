import { describe, expect, it } from 'vitest';
import { usedFastPath } from './http/fast-path/response.ts';
import { gatewayWithSandbox } from './support/gateway-with-sandbox.ts';
import { listening, posted } from './support/listening.ts';

const KEY = '7000000000000000001';
const NOBODY = '7999999999999999999';

describe('User.id, by which the caches of clients recognize a user', () => {
  it('equals key, by whatever a user is looked up; a user who does not exist has none', async () => {
    const { query, sandbox } = await gatewayWithSandbox();
    const outId = sandbox.people[0]?.out_id;
    const answer = await query(
      `query ($keys: [ID!]!, $outIds: [ID!]!) {
        user(key: "${KEY}") { id key }
        users(keys: $keys) { id key }
        usersByEmail(emails: ["zhangsan@example.com"]) { id key }
        usersByOutId(outIds: $outIds) { id key }
      }`,
      { keys: [KEY, NOBODY], outIds: [outId] },
    );
    const user = { id: KEY, key: KEY };
    expect(answer).toEqual({ data: { user, users: [user, null], usersByEmail: [user], usersByOutId: [user] } });
  });

  it('is the same on the fast path', async () => {
    const { send, events } = await listening({});
    const asked = posted({ query: '{ user(key: "7000000000000000001") { __typename id key } }' });
    const bodies = [];
    for (let n = 0; n < 3; n++) bodies.push(JSON.parse((await send(asked)).body.toString()));
    expect(usedFastPath(events)).toBe(true);
    for (const body of bodies) expect(body).toEqual({ data: { user: { __typename: 'User', id: KEY, key: KEY } } });
  });

  it('is in the schema that clients are served, and in no SDL for supergraphs', async () => {
    const { query } = await gatewayWithSandbox();
    const { data } = await query<{ type: { fields: { name: string }[] }; service: { sdl: string }; stitching: string }>(
      '{ type: __type(name: "User") { fields { name } } service: _service { sdl } stitching: _sdl }',
    );
    expect(data?.type.fields.map(({ name }) => name)).toEqual(expect.arrayContaining(['id', 'key']));
    for (const sdl of [data?.service.sdl, data?.stitching]) expect(sdl).not.toMatch(/^ {2}id\b/m);
  });

  it('is not taken from a reference without a key, with TRUST_REFERENCES', async () => {
    const { query } = await gatewayWithSandbox({ gateway: { trustReferences: true } });
    const of = [{ __typename: 'User', email: 'zhangsan@example.com' }];
    const { data } = await query('query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { id } } }', {
      of,
    });
    expect(data).toEqual({ _entities: [{ id: KEY }] });
  });
});
