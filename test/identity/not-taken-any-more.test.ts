import { afterEach, expect, it, vi } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { type Answering, directoryOnFakeClock, everybody, shown, tokenOf } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

const refused = new GatewayError('UNAUTHENTICATED', 'refused');

function callers(answer: Answering, maxIdentities?: number) {
  const { directory, calls, pass, context } = directoryOnFakeClock({ answer, maxIdentities });
  const ask = async (who: string, key: string) => {
    const looked = directory.lookup({ kind: 'key', identifiers: [key], request: context({ userToken: tokenOf(who) }) });
    await pass(100);
    return shown(await looked);
  };
  const begin = (who: string, key: string) =>
    void directory.lookup({ kind: 'key', identifiers: [key], request: context({ userToken: tokenOf(who) }) });
  return { ask, begin, pass, calls };
}

it('a refused token gets no cached user, even after it was evicted by many others', async () => {
  const state = { isRevoked: false };
  const { ask, pass } = callers(
    (query, call) => (state.isRevoked && query.identity === 'alice' ? Promise.reject(refused) : everybody(query, call)),
    1,
  );
  expect(await ask('alice', 'k1')).toEqual(['k1']);
  state.isRevoked = true;
  expect([await ask('alice', 'k2'), await ask('alice', 'k1')]).toEqual([['UNAUTHENTICATED'], ['UNAUTHENTICATED']]);
  await pass(3_000);
  expect(await ask('bob', 'k1')).toEqual(['k1']);
  await pass(3_000);
  expect(await ask('alice', 'k1')).toEqual(['UNAUTHENTICATED']);
});

it('nor does it when the answer to a call that left earlier comes after the refusal', async () => {
  const { ask, begin, pass, calls } = callers(async (query, call) => {
    if (query.identifiers.includes('k2')) throw refused;
    if (query.identifiers.includes('k3')) await new Promise((resolve) => setTimeout(resolve, 500));
    return everybody(query, call);
  });
  expect(await ask('alice', 'k1')).toEqual(['k1']);
  begin('alice', 'k3');
  await pass(50);
  expect(await ask('alice', 'k2')).toEqual(['UNAUTHENTICATED']);
  await pass(1_000);
  const before = calls.length;
  expect(await ask('alice', 'k1')).toEqual(['k1']);
  // Asked for anew, and by that the token is known to be taken.
  expect(calls.length).toBe(before + 1);
});
