import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import type { LookupResult } from '../../src/directory/lookup.ts';
import { GatewayError } from '../../src/errors.ts';
import {
  type Answering,
  type Call,
  directoryOnFakeClock,
  everybody,
  idOf,
  personOf,
  tokenOf,
} from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

const down = new GatewayError('UPSTREAM_UNAVAILABLE', 'down');
const busy = new GatewayError('UPSTREAM_RATE_LIMITED', 'busy', { retryAfterMs: 300 });
const poison = new GatewayError('UPSTREAM_REJECTED', 'malformed', { upstream: { code: 20006 } });
const refused = new GatewayError('UPSTREAM_UNAUTHENTICATED', 'refused');

interface Which {
  readonly from: number;
  readonly count: number;
  readonly isReversed: boolean;
  readonly areAllThere: boolean;
}

/** What becomes of a call. */
type Weather = 'fair' | 'fair, in order' | 'fair, but for some' | 'down' | 'busy' | 'token' | 'poison';

const WEATHER: Record<Weather, Answering> = {
  fair: everybody,
  'fair, in order': (query, call) => {
    const answer = everybody(query, call);
    return 'people' in answer ? { ...answer, people: answer.people.toReversed() } : answer;
  },
  // One row tells of nobody: whoever is left without a row may be meant.
  'fair, but for some': async (query, call) => ({ ...(await everybody(query, call)), malformedRows: 1 }),
  down: () => Promise.reject(down),
  busy: () => Promise.reject(busy),
  token: () => ({ tokenRefused: refused }),
  poison: () => Promise.reject(poison),
};

const fair = fc.constantFrom<Weather>('fair', 'fair, in order');
const weather = fc.oneof(
  { weight: 6, arbitrary: fair },
  fc.constantFrom<Weather>('fair, but for some', 'down', 'busy', 'token', 'poison'),
);
const request = fc.record({
  pauseMs: fc.oneof(fc.constant(0), fc.nat(60), fc.nat(600)),
  from: fc.nat(600),
  count: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 95, max: 330 })),
  isReversed: fc.boolean(),
  /** Else one of seven does not exist. */
  areAllThere: fc.boolean(),
  identity: fc.oneof({ weight: 3, arbitrary: fc.constant('plugin') }, fc.constant('alice')),
  bypassCache: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  timeoutMs: fc.constantFrom(100, 1_000, 60_000),
  hangsUpAfterMs: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.nat(500)),
  forgets: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.nat(600)),
});

function numbersOf({ from, count, isReversed, areAllThere }: Which): number[] {
  const numbers = Array.from({ length: count }, (_, index) => {
    const n = from + index;
    return areAllThere ? n + Math.floor(n / 6) + 1 : n;
  });
  return isReversed ? numbers.toReversed() : numbers;
}

/** What is neither that person nor an error. */
const wrongIn = (results: readonly LookupResult[], asked: readonly number[], identity: string) =>
  asked.flatMap((n, index) => {
    const result = results[index];
    return result instanceof GatewayError || isDeepStrictEqual(result, personOf(n, identity)) ? [] : [{ n, result }];
  });

/** Calls that were under way at one time, whose lists share somebody. */
function askedTwice(calls: readonly (Call & { endedAt?: number })[]): string[] {
  return calls.flatMap((call, index) =>
    calls
      .slice(0, index)
      .filter(({ endedAt = Number.POSITIVE_INFINITY }) => endedAt > call.at)
      .filter(({ query }) => query.identity === call.query.identity)
      .flatMap(({ query }) => query.identifiers.filter((id) => call.query.identifiers.includes(id))),
  );
}

it('whatever fails, each list gets its own results, no identifier is in flight twice, and nothing stays queued', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 2, maxLength: 14 }),
      fc.array(weather, { maxLength: 30 }),
      fc.integer({ min: 2, max: 15 }),
      fc.record({
        queueLimit: fc.constantFrom(300, 1_000, 100_000),
        staleMs: fc.constantFrom(0, 60_000),
        failures: fc.constantFrom(2, 1_000),
      }),
      async (requests, forecast, latency, { queueLimit, staleMs, failures }) => {
        const state = { isOver: false };
        const { directory, calls, pass, context } = directoryOnFakeClock({
          latencyMs: () => latency * 10,
          answer: (query, call) => WEATHER[(!state.isOver && forecast[call - 1]) || 'fair'](query, call),
          queueLimit,
          cache: { ttlMs: 400, negativeTtlMs: 100, staleMs },
          breaker: { failures },
        });
        const tickets: ReturnType<typeof context>[] = [];
        const answers: Promise<unknown[]>[] = [];
        for (const { pauseMs, bypassCache, identity, timeoutMs, hangsUpAfterMs, forgets, ...which } of requests) {
          await pass(pauseMs);
          const asked = numbersOf(which);
          const hangUp = new AbortController();
          if (hangsUpAfterMs !== undefined) setTimeout(() => hangUp.abort(), hangsUpAfterMs);
          const own = context({ bypassCache, timeoutMs, signal: hangUp.signal, userToken: tokenOf(identity) });
          tickets.push(own);
          const looked = directory.lookup({ kind: 'key', identifiers: asked.map(idOf.key), request: own });
          answers.push(looked.then((results) => wrongIn(results, asked, identity)));
          if (forgets !== undefined) directory.forget({ kind: 'key', identifier: idOf.key(forgets) });
        }
        await pass(120_000);
        expect((await Promise.all(answers)).flat()).toEqual([]);

        expect(calls.every(({ query }) => query.identifiers.length <= 100)).toBe(true);
        for (const { query } of calls) expect(new Set(query.identifiers).size).toBe(query.identifiers.length);
        // Who wants fresh people does not wait for a call of before, and nobody does where somebody was forgotten since.
        const isPlain = requests.every(({ bypassCache, forgets }) => !bypassCache && forgets === undefined);
        const ended = calls.map((call) => ({ ...call, endedAt: call.at + latency * 10 }));
        expect(isPlain ? askedTwice(ended.filter(({ signal }) => !signal?.aborted)) : []).toEqual([]);
        expect(directory.state().lookupsQueued).toBe(0);
        expect(tickets.map(({ queued }) => queued)).toEqual(tickets.map(() => 0));
        // To forget somebody is remembered for a quarter of an hour.
        expect(requests.some(({ forgets }) => forgets !== undefined) ? 0 : vi.getTimerCount()).toBe(0);

        state.isOver = true;
        // Where the breaker is open, one call has to try.
        void directory.lookup({ kind: 'key', identifiers: [idOf.key(9_001)] });
        await pass(10_000);
        // And all of them can be asked for again.
        const all = Array.from({ length: 930 }, (_, n) => n);
        const again = directory.lookup({
          kind: 'key',
          identifiers: all.slice(0, Math.min(930, queueLimit)).map(idOf.key),
        });
        await pass(10_000);
        const told = await again;
        expect(told).toEqual(all.slice(0, told.length).map((n) => personOf(n)));
        directory.dispose();
      },
    ),
    { numRuns: 300 },
  );
}, 120_000);
