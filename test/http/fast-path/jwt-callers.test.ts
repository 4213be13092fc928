import { expect, it } from 'vitest';
import { bearer, issuerOfTokens, STALE_KEYS_MS } from '../../support/callers.ts';
import { keptLog } from '../../support/kept-log.ts';
import { listening, posted } from '../../support/listening.ts';
import { usedFastPath } from './response.ts';

const usual = { query: 'query ($key: ID!) { user(key: $key) { key } }', variables: { key: '7000000000000000001' } };

/** A gateway that has answered this document, for a caller with a token whose keys are not used without being fetched again. */
async function longAfterAnAnswer() {
  const issuer = await issuerOfTokens();
  const { log, lines } = keptLog('info');
  const clock = { now: 0 };
  const { events, ...harness } = await listening({ auth: issuer.auth, log, clock: () => clock.now });
  for (let n = 0; n < 2; n++) {
    expect((await harness.send(posted(usual, bearer(await issuer.sign())))).status).toBe(200);
  }
  expect(usedFastPath(events)).toBe(true);
  clock.now += STALE_KEYS_MS;
  events.length = 0;
  issuer.state.requests = 0;
  return { ...harness, ...issuer, events, clock, lastRequest: () => lines('request').at(-1)?.fields };
}

it('keys that cannot be fetched are fetched once for a request, on the fast path as well', async () => {
  const { send, sign, state, events } = await longAfterAnAnswer();
  state.isDown = true;
  expect((await send(posted(usual, bearer(await sign())))).status).toBe(503);
  expect(state.requests).toBe(1);
  expect(events.filter(({ type }) => type === 'jwks-fetch')).toHaveLength(1);
});

it('the duration of a request that the fast path leaves to Yoga begins when it arrived', async () => {
  const { send, sign, state, clock, lastRequest } = await longAfterAnAnswer();
  state.onRequest = () => {
    if (state.requests === 1) clock.now += 2_000;
  };
  state.isDown = true;
  expect((await send(posted(usual, bearer(await sign())))).status).toBe(503);
  expect(lastRequest()).toMatchObject({ outcome: 'AUTHENTICATION_UNAVAILABLE', durationMs: 2_000 });
});
