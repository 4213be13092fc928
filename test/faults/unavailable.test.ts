import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { FaultSpec } from '../../src/sandbox/sandbox.ts';
import { codesByPath, post } from '../support/gateway-with-sandbox.ts';
import { keysFrom } from '../support/user-keys.ts';
import { clockThatJumps, failure, noFailure, outcomeOf, quickGateway, strike } from './strike.ts';

const one = (key: string | undefined) => `{ user(key: "${key}") { key } }`;

describe('HTML 502/503, 5xx burst: jittered backoff within budget, then UPSTREAM_UNAVAILABLE', () => {
  const broken: FaultSpec[] = [
    { name: 'html', status: 502 },
    { name: 'html', status: 503 },
    { name: 'empty', status: 500 },
    { name: 'empty', status: 504 },
    { name: 'error', code: 50006 },
    { name: 'error', code: 50006, onHttp200: true },
  ];

  it.each(broken)('%o at every attempt is UPSTREAM_UNAVAILABLE after three', async (spec) => {
    expect(await outcomeOf(await strike(spec))).toEqual(failure('UPSTREAM_UNAVAILABLE', 3));
  });

  it.each(broken)('a burst of two of %o is waited out', async (spec) => {
    expect(await outcomeOf(await strike({ ...spec, calls: 2 }))).toEqual(noFailure(3));
  });
});

describe('breaker opens; then UPSTREAM_UNAVAILABLE', () => {
  /** A gateway whose breaker has just opened, after three attempts for the first person. */
  async function openBreaker(spec: FaultSpec) {
    const time = clockThatJumps();
    const harness = await quickGateway({ clock: time.clock, timeoutMs: 1_000, breaker: { failures: 3 } });
    harness.sandbox.faults.start(spec);
    await harness.query(one(keysFrom(1, 1)[0]));
    expect(harness.upstreamCalls()).toHaveLength(3);
    return { ...harness, ...time };
  }

  it.each<FaultSpec>([
    { name: 'reset-before-headers', calls: 3 },
    { name: 'html', status: 503, calls: 3 },
    { name: 'error', code: 50006, onHttp200: true, calls: 3 },
  ])('%o in a row: no call is made for others, whatever they are asked by', async (spec) => {
    const { query, upstreamCalls } = await openBreaker(spec);
    const answer = await query(
      `{ user(key: "7000000000000000002") { key } usersByEmail(emails: ["wangwu@example.com"]) { key } }`,
    );
    expect(answer.data).toEqual({ user: null, usersByEmail: [null] });
    expect(codesByPath(answer)).toEqual(['user: UPSTREAM_UNAVAILABLE', 'usersByEmail.0: UPSTREAM_UNAVAILABLE']);
    expect(answer.errors?.[0]?.extensions?.retryAfterMs ?? 1).toBeGreaterThan(0);
    expect(upstreamCalls()).toHaveLength(3);
  });

  it('is tried with one call after two seconds, and closes when that goes well', async () => {
    const { query, upstreamCalls, jump } = await openBreaker({ name: 'html', status: 503, calls: 3 });
    jump(2_001);
    const [, second, third] = keysFrom(1, 3);
    expect(await query(one(second))).toEqual({ data: { user: { key: second } } });
    expect(await query(one(third))).toEqual({ data: { user: { key: third } } });
    expect(upstreamCalls()).toHaveLength(5);
  });

  it('half open, it lets one call through, and opens again when that fails', async () => {
    const { query, sandbox, upstreamCalls, jump } = await openBreaker({ name: 'html', status: 503 });
    jump(2_001);
    sandbox.faults.start({ name: 'latency', ms: 200 });
    const kinds = [
      'user(key: "7000000000000000004")',
      'usersByEmail(emails: ["a@b.c"])',
      'usersByOutId(outIds: ["on_1"])',
    ];
    const answers = await Promise.all(kinds.map((field) => query(`{ asked: ${field} { key } }`)));
    for (const { errors } of answers)
      expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(['UPSTREAM_UNAVAILABLE']);
    expect(upstreamCalls()).toHaveLength(4);
    expect(codesByPath(await query(one('7000000000000000005')))).toEqual(['user: UPSTREAM_UNAVAILABLE']);
    expect(upstreamCalls()).toHaveLength(4);
  });

  it('does not stay open because the client of the one call has hung up', async () => {
    const { gateway, query, sandbox, upstreamCalls, jump } = await openBreaker({ name: 'html', status: 503, calls: 3 });
    jump(2_001);
    sandbox.faults.start({ name: 'hang', calls: 1 });
    const client = new AbortController();
    const request = new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: one('7000000000000000006') }),
      signal: client.signal,
    });
    const gone = Promise.allSettled([gateway.fetch(request)]);
    await vi.waitFor(() => expect(upstreamCalls()).toHaveLength(4));
    client.abort();
    await gone;
    await sleep(50);
    jump(2_001);
    expect(await query(one('7000000000000000007'))).toEqual({ data: { user: { key: '7000000000000000007' } } });
  });

  it.each<FaultSpec>([
    { name: 'error', code: 10301 },
    { name: 'error', code: 30006 },
    { name: 'error', code: 1000051942 },
    { name: 'malformed-rows' },
  ])('never after %o: whoever refuses is there', async (spec) => {
    const { query, sandbox, upstreamCalls } = await quickGateway({ breaker: { failures: 3 } });
    sandbox.faults.start(spec);
    for (const key of keysFrom(1, 5)) await query(one(key));
    sandbox.faults.clear();
    expect(await query(one('7000000000000000006'))).toEqual({ data: { user: { key: '7000000000000000006' } } });
    expect(upstreamCalls()).toHaveLength(6);
  });

  it('people in memory are served while it is open', async () => {
    const { query, gateway, sandbox } = await quickGateway({ breaker: { failures: 3 } });
    const [known, struck] = keysFrom(1, 2);
    await query(one(known));
    sandbox.faults.start({ name: 'html', status: 503 });
    await query(one(struck));
    const response = await post(gateway, {
      query: `{ known: user(key: "${known}") { key } struck: user(key: "${struck}") { key } }`,
    });
    const answer = await response.json();
    expect(answer.data).toEqual({ known: { key: known }, struck: null });
    expect(codesByPath(answer)).toEqual(['struck: UPSTREAM_UNAVAILABLE']);
  });
});
