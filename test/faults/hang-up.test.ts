import { describe, expect, it, vi } from 'vitest';
import type { Reply } from '../../src/sandbox/sandbox.ts';
import type { Harness } from '../support/gateway-with-sandbox.ts';
import { LI_SI, quickGateway, ZHANG_SAN } from './strike.ts';

/** Holds every user query until `answer` is called. @returns the signals that tell of hung-up calls. */
function holdQueries({ sandbox }: Harness): { signals: AbortSignal[]; answer(): void } {
  const signals: AbortSignal[] = [];
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  sandbox.setFault((call, answer): Reply | Promise<Reply> => {
    if (call.interface !== 'user_query') return answer();
    signals.push(call.signal);
    return gate.then(answer);
  });
  return { signals, answer: () => open() };
}

function client({ gateway }: Harness, ...keys: string[]): { hangUp(): void; ended: Promise<unknown> } {
  const connection = new AbortController();
  const request = new Request('http://gateway.test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: `{ users(keys: ${JSON.stringify(keys)}) { nameEn } }` }),
    signal: connection.signal,
  });
  const ended = gateway.fetch(request).then(
    (response) => response.json(),
    () => 'hung up',
  );
  return { hangUp: () => connection.abort(), ended };
}

describe('the client hangs up', () => {
  it('its look-ups are dropped: the call is cancelled when nobody else waits for it, and not repeated', async () => {
    const harness = await quickGateway();
    const { signals, answer } = holdQueries(harness);
    const { hangUp, ended } = client(harness, ZHANG_SAN);
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    hangUp();
    await vi.waitFor(() => expect(signals[0]?.aborted).toBe(true));
    await ended;
    answer();
    expect(await client(harness, LI_SI).ended).toEqual({ data: { users: [{ nameEn: 'Li Si' }] } });
    expect(harness.upstreamCalls()).toEqual([{ user_keys: [ZHANG_SAN] }, { user_keys: [LI_SI] }]);
  });

  it('the call goes on when somebody else waits for the same person', async () => {
    const harness = await quickGateway();
    const { signals, answer } = holdQueries(harness);
    const first = client(harness, ZHANG_SAN, LI_SI);
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    const second = client(harness, LI_SI);
    await vi.waitFor(() =>
      expect(harness.events).toContainEqual(expect.objectContaining({ type: 'lookups', coalesced: 1 })),
    );
    first.hangUp();
    await first.ended;
    expect(signals[0]?.aborted).toBe(false);
    answer();
    expect(await second.ended).toEqual({ data: { users: [{ nameEn: 'Li Si' }] } });
    expect(harness.upstreamCalls()).toEqual([{ user_keys: [ZHANG_SAN, LI_SI] }]);
  });

  it('in the middle of a backoff: it is not tried again', async () => {
    const harness = await quickGateway({ retry: { baseMs: 400 }, random: () => 0.99 });
    harness.sandbox.faults.start({ name: 'html', status: 503, calls: 1 });
    const { hangUp, ended } = client(harness, ZHANG_SAN);
    await vi.waitFor(() =>
      expect(harness.events).toContainEqual(
        expect.objectContaining({ type: 'upstream-call', outcome: 'UPSTREAM_UNAVAILABLE' }),
      ),
    );
    hangUp();
    await ended;
    // Longer than the backoff would have been.
    await new Promise((passed) => setTimeout(passed, 600));
    expect(harness.upstreamCalls()).toHaveLength(1);
  });
});
