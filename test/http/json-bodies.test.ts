import { describe, expect, it } from 'vitest';
import { UNASKED } from '../support/gateway-with-sandbox.ts';
import { type Asked, listening, posted } from '../support/listening.ts';

const KEY = '7000000000000000001';
const QUERY = { query: `{ user(key: "${KEY}") { key } }` };
const ANSWER = { data: { user: { key: KEY } } };
const TWO = { query: 'query A { __typename } query B { __typename }' };
const inAddress = (params: Record<string, string>): Asked => ({
  ...posted({}, UNASKED),
  method: 'GET',
  path: `/graphql?${new URLSearchParams(params)}`,
  body: undefined,
});

/** With the fast path and without: what holds for one holds for the other, also where the document is known. */
async function both() {
  const gateways = [await listening({}), await listening({ fastPath: false })];
  return async (asked: Asked) => {
    const answers = [];
    for (const { send } of gateways) {
      for (let n = 0; n < 2; n++) {
        const { status, body } = await send(asked);
        answers.push({ status, ...JSON.parse(String(body)) });
      }
    }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    return answers[0];
  };
}

describe('an operationName of ""', () => {
  it('is none, in a POST as in a GET, a form and a batch', async () => {
    const send = await both();
    const answer = { status: 200, ...ANSWER };
    expect(await send(inAddress({ ...QUERY, operationName: '' }))).toEqual(answer);
    expect(await send(posted({ ...QUERY, operationName: '' }))).toEqual(answer);
    const asForm: Asked = {
      ...posted({}, { ...UNASKED, 'content-type': 'application/x-www-form-urlencoded' }),
      body: String(new URLSearchParams({ ...QUERY, operationName: '' })),
    };
    expect(await send(asForm)).toEqual(answer);
    const { send: sendBatch } = await listening({ maxBatchedOperations: 2 });
    const batch = await sendBatch(posted([{ ...QUERY, operationName: '' }, QUERY]));
    expect(JSON.parse(String(batch.body))).toEqual([ANSWER, ANSWER]);
  });

  it('takes the fast path', async () => {
    const { send, events } = await listening({});
    await send(posted({ ...QUERY, operationName: '' }));
    events.length = 0;
    await send(posted({ ...QUERY, operationName: '' }));
    expect(events).toContainEqual(expect.objectContaining({ type: 'request', usedFastPath: true }));
  });

  it('names none of several operations', async () => {
    const send = await both();
    const refused = { status: 400, errors: [{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }] };
    expect(await send(inAddress({ ...TWO, operationName: '' }))).toMatchObject(refused);
    expect(await send(posted({ ...TWO, operationName: '' }))).toMatchObject(refused);
  });

  it.each([0, false, [], {}])('is not %j, which is no name', async (operationName) => {
    const send = await both();
    expect(await send(posted({ ...QUERY, operationName }))).toMatchObject({ status: 400 });
  });
});

describe('a JSON body is UTF-8', () => {
  const withBody = (body: string | Buffer, type = 'application/json') => ({
    ...posted({}, { 'content-type': type }),
    body,
  });

  it('with a byte order mark or without', async () => {
    const send = await both();
    for (const type of ['application/json', 'application/json; charset=utf-8', 'application/graphql+json']) {
      expect(await send(withBody(`\ufeff${JSON.stringify(QUERY)}`, type))).toEqual({ status: 200, ...ANSWER });
    }
  });

  it('a mark within it, or a second one, is no JSON', async () => {
    const send = await both();
    expect(await send(withBody(`\ufeff\ufeff${JSON.stringify(QUERY)}`))).toMatchObject({ status: 400 });
    expect(await send(withBody(`{\ufeff${JSON.stringify(QUERY).slice(1)}`))).toMatchObject({ status: 400 });
  });

  it.each(['utf-16', 'UTF-16LE', '"utf-16"', 'iso-8859-1', 'gbk'])(
    'so charset=%s is a 415 that says which is expected',
    async (charset) => {
      const send = await both();
      const type = `application/json; charset=${charset}`;
      for (const body of [JSON.stringify(QUERY), Buffer.from(JSON.stringify(QUERY), 'utf16le')]) {
        expect(await send(withBody(body, type))).toEqual({
          status: 415,
          errors: [
            {
              message:
                'Expected a body in UTF-8, got another charset in "content-type". Send "charset=utf-8", or none.',
              extensions: { code: 'BAD_USER_INPUT' },
            },
          ],
        });
      }
    },
  );

  it.each(['utf-8', 'UTF-8', '"utf-8"', 'utf8', 'us-ascii'])('and charset=%s is accepted', async (charset) => {
    const send = await both();
    const asked = withBody(JSON.stringify(QUERY), `application/json; charset=${charset}`);
    expect(await send(asked)).toEqual({ status: 200, ...ANSWER });
  });

  it.each([
    ['UTF-16 without a charset', Buffer.from(`\ufeff${JSON.stringify(QUERY)}`, 'utf16le')],
    ['half of a body', JSON.stringify(QUERY).slice(0, -1)],
    ['a mark alone', '\ufeff'],
    ['nothing', ''],
  ])('%s is a 400 that says what is expected', async (_, body) => {
    const send = await both();
    expect(await send(withBody(body))).toEqual({
      status: 400,
      errors: [
        {
          message: 'Expected a JSON object in UTF-8 as body, got what is no JSON. Send {"query": "…"}.',
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    });
  });

  it.each(['null', '"text"', '7', 'true'])('%s is no object: a 400', async (body) => {
    const send = await both();
    expect(await send(withBody(body))).toEqual({
      status: 400,
      errors: [
        {
          message: expect.stringMatching(/^Expected a JSON object in UTF-8 as body, got (null|a \w+)\. Send/),
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    });
  });
});
