import { describe, expect, it } from 'vitest';
import { createRequestContext } from '../../src/directory/request-context.ts';
import { failure, noFailure, outcomeOf, quickGateway, strike, ZHANG_SAN } from './strike.ts';

/** Far longer than a sandbox in the same process takes, far shorter than what never ends. */
const BRIEF = { timeoutMs: 300 };

describe('no headers, stalled body, slow drip: one total deadline for the whole call; UPSTREAM_TIMEOUT', () => {
  const endless = [{ name: 'hang' }, { name: 'stall' }, { name: 'drip', everyMs: 50 }] as const;

  it.each(endless)('$name at every attempt is UPSTREAM_TIMEOUT after three', async (spec) => {
    expect(await outcomeOf(await strike(spec, BRIEF))).toEqual(failure('UPSTREAM_TIMEOUT', 3));
  });

  it.each(endless)('$name at one attempt is made good by the next', async (spec) => {
    expect(await outcomeOf(await strike({ ...spec, calls: 1 }, BRIEF))).toEqual(noFailure(2));
  });

  it.each(endless)(
    '$name beyond the deadline of the request is UPSTREAM_TIMEOUT in the middle of an attempt',
    async (spec) => {
      expect(await outcomeOf(await strike(spec, { requestTimeoutMs: 300 }))).toEqual(failure('UPSTREAM_TIMEOUT', 1));
    },
  );

  it('an answer that is late, but in time, is an answer', async () => {
    expect(await outcomeOf(await strike({ name: 'latency', ms: 100 }))).toEqual(noFailure(1));
  });

  it('a drip that ends in time is an answer', async () => {
    expect(await outcomeOf(await strike({ name: 'drip', everyMs: 1 }))).toEqual(noFailure(1));
  });

  it('ends for whoever is impatient, and goes on for whoever is not', async () => {
    const { gateway, sandbox, upstreamCalls } = await quickGateway();
    sandbox.faults.start({ name: 'latency', ms: 500 });
    const ask = (timeoutMs: number) =>
      gateway.directory.lookup({ kind: 'key', identifiers: [ZHANG_SAN], request: createRequestContext({ timeoutMs }) });
    const [impatient, patient] = await Promise.all([ask(150), ask(20_000)]);
    expect(impatient).toEqual([expect.objectContaining({ code: 'UPSTREAM_TIMEOUT' })]);
    expect(patient).toEqual([expect.objectContaining({ nameEn: 'Zhang San' })]);
    expect(upstreamCalls()).toHaveLength(1);
  });

  it('retries go on for whoever has time, when the one who asked first has none any more', async () => {
    const { gateway, sandbox, upstreamCalls } = await quickGateway(BRIEF);
    sandbox.faults.start({ name: 'hang', calls: 2 });
    const ask = (timeoutMs: number) =>
      gateway.directory.lookup({ kind: 'key', identifiers: [ZHANG_SAN], request: createRequestContext({ timeoutMs }) });
    const [impatient, patient] = await Promise.all([ask(150), ask(20_000)]);
    expect(impatient).toEqual([expect.objectContaining({ code: 'UPSTREAM_TIMEOUT' })]);
    expect(patient).toEqual([expect.objectContaining({ nameEn: 'Zhang San' })]);
    expect(upstreamCalls()).toHaveLength(3);
  });
});
