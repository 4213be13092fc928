import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { UNASKED } from '../../support/gateway-with-sandbox.ts';
import { type Asked, listening, posted } from '../../support/listening.ts';
import { usedFastPath } from '../fast-path/response.ts';

const QUERY = 'query User($key: ID!) { user(key: $key) { nameEn } }';
const variables = { key: '7000000000000000001' };
const FOUND = { data: { user: { nameEn: 'Zhang San' } } };
const NOT_SUPPORTED = {
  errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
};
const extensions = { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(QUERY).digest('hex') } };
const HASH_ONLY = { operationName: 'User', variables, extensions };

const inAddress = (params: Record<string, unknown>, headers: Record<string, string> = UNASKED): Asked => {
  const search = Object.entries(params).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return {
    method: 'GET',
    path: `/graphql?${new URLSearchParams(search)}`,
    headers,
    body: undefined,
    isChunked: false,
  };
};
const ACCEPTS = ['application/json', 'application/graphql-response+json', '*/*'];
const json = ({ status, body }: { status: number; body: Buffer }) => ({ status, body: JSON.parse(body.toString()) });

describe('a persisted query, where trusted documents are off', () => {
  it.each(ACCEPTS)(
    'without its text is answered PersistedQueryNotSupported with status 200: POST, %s',
    async (accept) => {
      const { send, upstreamCalls } = await listening({});
      expect(json(await send(posted(HASH_ONLY, { accept })))).toEqual({ status: 200, body: NOT_SUPPORTED });
      expect(upstreamCalls()).toEqual([]);
    },
  );

  it.each(ACCEPTS)(
    'without its text is answered PersistedQueryNotSupported with status 200: GET, %s',
    async (accept) => {
      const { send } = await listening({});
      const answer = await send(inAddress(HASH_ONLY, { ...UNASKED, accept }));
      expect(json(answer)).toEqual({ status: 200, body: NOT_SUPPORTED });
    },
  );

  it('is refused as any GET that a page of another site could send', async () => {
    const { send } = await listening({});
    const { status, body } = json(await send(inAddress(HASH_ONLY, {})));
    expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 403, code: 'FORBIDDEN' });
  });

  it('with its text runs, also on the fast path once the document is known', async () => {
    const { send, events } = await listening({});
    const full = { query: QUERY, ...HASH_ONLY };
    for (let n = 0; n < 3; n++) expect(json(await send(posted(full)))).toEqual({ status: 200, body: FOUND });
    expect(json(await send(inAddress(full)))).toEqual({ status: 200, body: FOUND });
    expect(usedFastPath(events)).toBe(true);
    expect(json(await send(posted(HASH_ONLY)))).toEqual({ status: 200, body: NOT_SUPPORTED });
  });

  it('in a batch is answered at its own place, beside the answers of the others', async () => {
    const { send } = await listening({ maxBatchedOperations: 3 });
    const { status, body } = json(await send(posted([HASH_ONLY, { query: QUERY, ...HASH_ONLY }, HASH_ONLY])));
    expect({ status, body }).toEqual({ status: 200, body: [NOT_SUPPORTED, FOUND, NOT_SUPPORTED] });
  });

  it.each([
    ['no persisted query and no text', { variables }],
    ['null in place of a persisted query', { variables, extensions: { persistedQuery: null } }],
    ['no extensions that are an object', { variables, extensions: 'persistedQuery' }],
    ['a body that is null', null],
  ])('is none, and BAD_USER_INPUT: %s', async (_, body) => {
    const { send } = await listening({});
    const answer = json(await send(posted(body)));
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT' });
  });

  it('is in the log and the metrics as PERSISTED_QUERY_NOT_SUPPORTED', async () => {
    const { send, events } = await listening({});
    await send(posted(HASH_ONLY));
    await expect
      .poll(() =>
        events.filter((event) => event.type === 'request').map(({ status, outcome }) => ({ status, outcome })),
      )
      .toEqual([{ status: 200, outcome: 'PERSISTED_QUERY_NOT_SUPPORTED' }]);
  });
});

describe('a persisted query, where trusted documents are on', () => {
  it('runs by the id of a listed document, and an unknown id is BAD_USER_INPUT as before', async () => {
    const { sha256Hash } = extensions.persistedQuery;
    const { send } = await listening({ trustedDocuments: { [sha256Hash]: QUERY } });
    expect(json(await send(posted(HASH_ONLY)))).toEqual({ status: 200, body: FOUND });
    const unknown = { extensions: { persistedQuery: { version: 1, sha256Hash: 'unknown' } } };
    const { status, body } = json(await send(posted(unknown)));
    expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 400, code: 'BAD_USER_INPUT' });
  });
});
