import { EventEmitter, once } from 'node:events';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { clockThatJumps, LI_SI, quickGateway, ZHANG_SAN } from '../faults/strike.ts';
import { codesByPath, type GraphQLAnswer, post } from '../support/gateway-with-sandbox.ts';

const list = (...keys: string[]) => `{ users(keys: ${JSON.stringify(keys)}) { key } }`;

describe('An identifier that the user API rejects', () => {
  it('is cached as invalid for 60 s, and does not fail a call with other identifiers', async () => {
    const time = clockThatJumps();
    const { query, sandbox, upstreamCalls } = await quickGateway({ clock: time.clock });
    sandbox.faults.start({ name: 'poison', identifiers: ['bad'] });
    expect(codesByPath(await query(list('bad')))).toEqual(['users.0: UPSTREAM_REJECTED']);
    expect(upstreamCalls()).toEqual([{ user_keys: ['bad'] }]);

    time.jump(59_000);
    const beside = await query(list('bad', ZHANG_SAN));
    expect(codesByPath(beside)).toEqual(['users.0: UPSTREAM_REJECTED']);
    expect(beside.data).toEqual({ users: [null, { key: ZHANG_SAN }] });
    expect(upstreamCalls().slice(1)).toEqual([{ user_keys: [ZHANG_SAN] }]);

    time.jump(1_001);
    expect(codesByPath(await query(list('bad')))).toEqual(['users.0: UPSTREAM_REJECTED']);
    expect(upstreamCalls().slice(2)).toEqual([{ user_keys: ['bad'] }]);
  });
});

describe('A request whose deadline does not allow the backoff that the user API asks for', () => {
  it('is rejected at once: while its call is in flight, while it is queued, and when it comes later', async () => {
    const { gateway, sandbox, upstreamCalls } = await quickGateway({
      // One call, since the clock stands still.
      callsPerSecond: 1,
      clock: () => 0,
      // Later than this test waits: an error that comes before is not that of the deadline.
      requestTimeoutMs: 50_000,
    });
    const api = new EventEmitter();
    sandbox.setFault(async (call, answer) => {
      if (call.interface !== 'user_query') return answer();
      await once(api, 'answer');
      return { status: 429, headers: { 'retry-after': '3600' }, body: {} };
    });
    const answers: Record<string, string[]> = {};
    const ask = async (name: string, key: string, headers?: Record<string, string>) => {
      const response = await post(gateway, { query: `{ user(key: "${key}") { key } }` }, headers);
      answers[name] = codesByPath((await response.json()) as GraphQLAnswer);
    };
    const limited = ['user: UPSTREAM_RATE_LIMITED'];

    void ask('in flight', ZHANG_SAN);
    await expect.poll(() => upstreamCalls().length, { message: 'The first lookup is sent.' }).toBe(1);
    void ask('coalesced', ZHANG_SAN);
    void ask('superseding', ZHANG_SAN, { 'x-lookup-cache': 'refresh' });
    void ask('queued', LI_SI);
    // They come in-process: after so many turns of the event loop they are queued.
    for (let turns = 0; turns < 500; turns++) await turnOfTheLoop();
    api.emit('answer');
    await expect
      .poll(() => answers, { message: 'Each request is rejected at once, without waiting for its deadline.' })
      .toEqual({ 'in flight': limited, coalesced: limited, superseding: limited, queued: limited });

    void ask('later', LI_SI);
    await expect.poll(() => answers.later, { message: 'A later request is rejected at once, too.' }).toEqual(limited);
    expect(upstreamCalls()).toHaveLength(1);
  });
});
