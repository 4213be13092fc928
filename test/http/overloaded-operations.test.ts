import { describe, expect, it } from 'vitest';
import type { GatewayOptions } from '../../src/gateway-options.ts';
import { keptLog } from '../support/kept-log.ts';
import { type Asked, listening, posted } from '../support/listening.ts';
import { keysFrom } from '../support/user-keys.ts';

const LIST = 'query ($keys: [ID!]!) { users(keys: $keys) { key } }';
const REST = keysFrom(2, 1_000);
const [CACHED = ''] = keysFrom(1, 1);
const list = (keys: readonly string[]) => ({ query: LIST, variables: { keys } });
const user = (fields: Record<string, unknown>) => ({ __typename: 'User', ...fields });

const GRAPHQL_TYPE = { accept: 'application/graphql-response+json' };
const ONLY_JSON = { accept: 'application/json' };
const FULL = {
  message: expect.stringContaining('its queue is full'),
  extensions: { code: 'OVERLOADED', retryAfterMs: expect.any(Number) },
};

/** One user is cached, and the queue takes no more than ten lookups. */
async function overloaded(options: Partial<GatewayOptions>) {
  const harness = await listening({ queueLimit: 10, maxIdentifiers: 2_000, ...options });
  await harness.send(posted(list([CACHED])));
  const calls = harness.upstreamCalls().length;
  return {
    ...harness,
    newCalls: () => harness.upstreamCalls().slice(calls),
    async ask(asked: Asked) {
      const { status, headers, body } = await harness.send(asked);
      return {
        status,
        retryAfter: headers.find(([name]) => name === 'retry-after')?.[1],
        answer: JSON.parse(String(body)),
        body,
      };
    },
  };
}

describe.each([
  ['on the fast path', true],
  ['in Yoga', false],
])('an operation that is rejected as a whole before any lookup, %s', (_, fastPath) => {
  it('is one short OVERLOADED error with HTTP 503 and Retry-After', async () => {
    const { ask, events, newCalls } = await overloaded({ fastPath });
    events.length = 0;
    const { status, retryAfter, answer, body } = await ask(posted(list(REST), GRAPHQL_TYPE));
    expect({ status, answer }).toEqual({ status: 503, answer: { errors: [FULL] } });
    expect(Number(retryAfter)).toBeGreaterThanOrEqual(1);
    expect(body.length).toBeLessThan(300);
    expect(newCalls()).toEqual([]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'request', status: 503, usedFastPath: fastPath }));
  });

  it('is a 200 with Retry-After for a client that accepts only application/json', async () => {
    const { ask } = await overloaded({ fastPath });
    for (const accept of [ONLY_JSON, { accept: '*/*' }]) {
      const { status, retryAfter, answer } = await ask(posted(list(REST), accept));
      expect({ status, answer }).toEqual({ status: 200, answer: { errors: [FULL] } });
      expect(Number(retryAfter)).toBeGreaterThanOrEqual(1);
    }
  });

  it.each<[string, unknown]>([
    [
      'of several fields, kinds and repeats',
      {
        query: `query ($keys: [ID!]!) { __typename a: users(keys: $keys) { key } b: users(keys: $keys) { name }
        usersByEmail(emails: [${REST.slice(0, 11)
          .map((key) => `"u${key}@example.com"`)
          .join()}]) { key } }`,
        variables: { keys: [...REST.slice(0, 11), ...REST.slice(0, 3)] },
      },
    ],
    [
      'of _entities',
      {
        query: 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { key name } } }',
        variables: { of: REST.map((key) => user({ key })) },
      },
    ],
  ])('also %s', async (_name, asked) => {
    const { ask, newCalls } = await overloaded({ fastPath });
    for (let n = 0; n < 2; n++) {
      expect(await ask(posted(asked, GRAPHQL_TYPE))).toMatchObject({ status: 503, answer: { errors: [FULL] } });
    }
    expect(newCalls()).toEqual([]);
  });

  it('also for a wait that would outlast the deadline, with the time after which it would not', async () => {
    const { ask } = await overloaded({ fastPath, queueLimit: 6_000, callsPerSecond: 1, requestTimeoutMs: 2_500 });
    const { status, retryAfter, answer } = await ask(posted(list(REST), GRAPHQL_TYPE));
    expect({ status, errors: answer.errors }).toEqual({
      status: 503,
      errors: [{ ...FULL, message: expect.stringContaining('after the deadline') }],
    });
    expect(Number(retryAfter)).toBe(Math.ceil(answer.errors[0].extensions.retryAfterMs / 1_000));
  });

  it('has a receipt where the client asks for one', async () => {
    const { ask } = await overloaded({ fastPath });
    const { answer } = await ask(posted(list(REST), { ...GRAPHQL_TYPE, 'x-lookup-receipt': 'true' }));
    expect(answer).toMatchObject({ errors: [FULL], extensions: { receipt: { upstreamCalls: 0, identifiersSent: 0 } } });
  });

  it('is one OVERLOADED in the log', async () => {
    const { log, lines } = keptLog('info');
    const { ask } = await overloaded({ fastPath, log });
    await ask(posted(list(REST), GRAPHQL_TYPE));
    expect(lines('request').at(-1)?.fields).toMatchObject({
      status: 503,
      outcome: 'OVERLOADED',
      errors: { OVERLOADED: 1 },
      identifiers: REST.length,
    });
  });
});

describe.each([
  ['on the fast path', true],
  ['in Yoga', false],
])('where a part of an operation is answered, errors stay at their paths in a 200, %s', (_, fastPath) => {
  const at = (places: readonly number[]) =>
    places.map((place) => expect.objectContaining({ path: ['users', place], extensions: FULL.extensions }));

  it('by a cached user', async () => {
    const { ask, newCalls } = await overloaded({ fastPath });
    const keys = [...REST.slice(0, 11), CACHED];
    const { status, answer } = await ask(posted(list(keys), GRAPHQL_TYPE));
    expect({ status, ...answer }).toEqual({
      status: 200,
      data: { users: [...REST.slice(0, 11).map(() => null), { key: CACHED }] },
      errors: at([...REST.slice(0, 11).keys()]),
    });
    expect(newCalls()).toEqual([]);
  });

  it('by a lookup that is in flight', async () => {
    const { ask, send, sandbox, upstreamCalls } = await overloaded({ fastPath });
    sandbox.faults.start({ name: 'latency', ms: 300 });
    const [inFlight = '', ...others] = REST.slice(0, 12);
    const calls = upstreamCalls().length;
    const first = send(posted(list([inFlight])));
    await expect.poll(() => upstreamCalls().length).toBe(calls + 1);
    const { status, answer } = await ask(posted(list([inFlight, ...others]), GRAPHQL_TYPE));
    expect({ status, errors: answer.errors }).toEqual({ status: 200, errors: at(others.map((__, n) => n + 1)) });
    expect(answer.data.users[0]).toEqual({ key: inFlight });
    await first;
  });

  it('by an error that asking again does not change', async () => {
    const { ask } = await overloaded({ fastPath });
    const { status, answer } = await ask(posted(list(['', ...REST.slice(0, 11)]), GRAPHQL_TYPE));
    expect({ status, data: answer.data.users.length, code: answer.errors[0].extensions.code }).toEqual({
      status: 200,
      data: 12,
      code: 'BAD_USER_INPUT',
    });
    expect(answer.errors.slice(1)).toEqual(at(REST.slice(0, 11).map((__, n) => n + 1)));
  });
});

it('each operation of a batch is rejected on its own', async () => {
  const { ask } = await overloaded({ maxBatchedOperations: 3 });
  const { status, answer } = await ask(posted([list(REST), list([CACHED]), list(REST)], GRAPHQL_TYPE));
  expect({ status, answer }).toEqual({
    status: 200,
    answer: [{ errors: [FULL] }, { data: { users: [{ key: CACHED }] } }, { errors: [FULL] }],
  });
});

it('a GET is rejected alike', async () => {
  const { ask } = await overloaded({});
  const query = `{ users(keys: ${JSON.stringify(REST.slice(0, 11))}) { key } }`;
  const headers = { ...GRAPHQL_TYPE, 'x-graphql-yoga-csrf': '1' };
  const asked = {
    ...posted({}, headers),
    method: 'GET',
    path: `/graphql?${new URLSearchParams({ query })}`,
    body: undefined,
  };
  expect(await ask(asked)).toMatchObject({ status: 503, answer: { errors: [FULL] } });
});
