import { describe, expect, it } from 'vitest';
import { ANY_PORTS, runCli } from '../support/run-cli.ts';

const QUERY = JSON.stringify({ query: '{ user(key: "7000000000000000001") { nameEn } }' });

describe('lark-user-gateway api-key', () => {
  it('makes a key, and its entry with which serve knows the caller', async () => {
    const made = runCli(['api-key', 'frontend']);
    expect(await made.ended).toBe(0);
    const key = /lug_[\w-]{43}/.exec(made.stdout())?.[0] ?? '';
    const entry = /frontend:[\da-f]{64}/.exec(made.stdout())?.[0] ?? '';

    const gateway = runCli(['serve', '--auth', 'api-key'], { ...ANY_PORTS, API_KEYS: entry });
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await gateway.until('/graphql'))?.[0];
    const ask = (headers: Record<string, string>) =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: QUERY,
      });
    expect((await ask({})).status).toBe(401);
    expect(await (await ask({ authorization: `Bearer ${key}` })).json()).toEqual({
      data: { user: { nameEn: 'Zhang San' } },
    });
  });

  it('never makes the same key twice', async () => {
    const [one, other] = [runCli(['api-key', 'a']), runCli(['api-key', 'a'])];
    await Promise.all([one.ended, other.ended]);
    expect(one.stdout()).not.toBe(other.stdout());
  });

  it('says what a name may be', async () => {
    const made = runCli(['api-key', 'front end']);
    expect(await made.ended).toBe(1);
    expect(made.stderr()).toContain('Expected a name of at most 64 letters');
  });
});
