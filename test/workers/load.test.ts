import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { apiKeyOf, bearer } from '../support/callers.ts';
import { type RunningWorkers, runWorkers, usersAnswer, usersPath } from '../support/run-workers.ts';
import { watchStalls } from '../support/stalls.ts';
import { keysFrom } from '../support/user-keys.ts';

/** Asks for 400 different people a second, for three seconds. @returns what was wrong with the answers. */
async function load({ ask }: RunningWorkers, headers: Record<string, string> = {}): Promise<unknown[]> {
  const asked: Promise<unknown>[] = [];
  for (let turn = 0; turn < 60; turn++) {
    for (let one = 0; one < 4; one++) {
      const keys = keysFrom(1 + 5 * (4 * turn + one), 5);
      asked.push(
        ask(usersPath(keys), headers).then(({ body }) =>
          JSON.stringify(body) === JSON.stringify(usersAnswer(keys)) ? undefined : body,
        ),
      );
    }
    await sleep(50);
  }
  return (await Promise.all(asked)).filter((wrong) => wrong !== undefined);
}

describe('WORKERS=2 under load', () => {
  it('makes at most 15 calls in any second with one token, which is asked for once; both workers answer, and nobody sees an error', async () => {
    const stalls = watchStalls();
    const running = await runWorkers({}, { people: 1_500, latencyMs: 20 });
    expect(await load(running)).toEqual([]);
    const calls = running.sandbox.calls();
    const queries = calls.filter((call) => call.interface === 'user_query');
    // Each worker on its own could make as many.
    expect(queries.length).toBeGreaterThan(30);
    expect(stalls.mostInAnySecond(queries.map(({ at }) => at))).toBeLessThanOrEqual(15);
    expect(calls.length - queries.length).toBe(1);
    expect(running.answering()).toEqual(new Set([1, 2]));
  });

  it('does so with the token of each caller, too', async () => {
    const stalls = watchStalls();
    const running = await runWorkers({ LARK_IDENTITY: 'caller' }, { people: 1_500, latencyMs: 20 });
    const callers = ['7000000000000000001', '7000000000000000002'].map((key) => running.sandbox.userAccessToken(key));
    const wrong = await Promise.all(callers.map((token) => load(running, { 'x-lark-user-token': token })));
    expect(wrong.flat()).toEqual([]);
    for (const token of callers) {
      const arrivals = running.sandbox.calls().flatMap((call) => (call.token === token ? [call.at] : []));
      expect(arrivals.length).toBeGreaterThan(30);
      expect(stalls.mostInAnySecond(arrivals)).toBeLessThanOrEqual(15);
    }
    expect(running.answering()).toEqual(new Set([1, 2]));
  });
});

describe('IDENTIFIERS_PER_MINUTE with WORKERS=2', () => {
  it('counts what a caller asks of all workers', async () => {
    const { ask, answering } = await runWorkers({
      AUTH: 'api-key',
      API_KEYS: `frontend:${apiKeyOf('a').sha256}`,
      MAX_IDENTIFIERS: '10',
      IDENTIFIERS_PER_MINUTE: '10',
    });
    const statuses: number[] = [];
    for (const key of keysFrom(1, 20)) {
      statuses.push((await ask(usersPath([key]), bearer('a'))).status);
    }
    expect(statuses).toEqual([...Array(10).fill(200), ...Array(10).fill(429)]);
    expect(answering()).toEqual(new Set([1, 2]));
  });
});
