import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose';
import { onTestFinished, vi } from 'vitest';
import type { GatewayOptions } from '../../src/gateway-options.ts';
import type { ApiKey } from '../../src/http/callers/api-keys.ts';
import { sha256Hex } from '../../src/http/callers/api-keys.ts';
import { gatewayWithSandbox, post } from './gateway-with-sandbox.ts';

/** An API key in the form that gateways accept, the same for each name; what has that form already stays as it is. */
export const keyNamed = (name: string): string =>
  /^lug_[\w-]{43}$/.test(name) ? name : `lug_${createHash('sha256').update(name).digest('base64url')}`;

/** Sends the API key of this name; what is longer than a name, such as a token, as it is. */
export const bearer = (credential: string) => ({
  authorization: `Bearer ${/^[\w-]{1,32}$/.test(credential) ? keyNamed(credential) : credential}`,
});

/** An entry for the API key of this name. */
export const apiKeyOf = (name: string, entry: Partial<ApiKey> = {}): ApiKey => ({
  name: 'frontend',
  sha256: sha256Hex(keyNamed(name)),
  ...entry,
});

/** A gateway that knows callers by these keys. `ask` sends a query with headers, and shows status and answer. */
export async function gatewayForKeys(keys: ApiKey[], gateway: Partial<GatewayOptions> = {}) {
  const harness = await gatewayWithSandbox({ gateway: { auth: { kind: 'api-key', keys }, ...gateway } });
  return { ...harness, ask: askerOf(harness.gateway) };
}

export const askerOf =
  (gateway: Parameters<typeof post>[0]) =>
  async (query: string, headers: Record<string, string> = {}, variables?: Record<string, unknown>) => {
    const response = await post(gateway, { query, variables }, headers);
    return { status: response.status, headers: response.headers, answer: await response.json() };
  };

/**
 * An issuer of tokens: a key pair, published over HTTP on this machine until the test ends.
 * @param hasOldKey publishes another key of the same kind before it, as issuers do that change theirs.
 */
export async function issuerOfTokens({ algorithm = 'ES256', hasOldKey = false } = {}) {
  const keys = await generateKeyPair(algorithm);
  const old = hasOldKey ? [await generateKeyPair(algorithm)] : [];
  const inSet = async ({ publicKey }: typeof keys, kid: string) => ({
    ...(await exportJWK(publicKey)),
    kid,
    alg: algorithm,
    use: 'sig',
  });
  const published = { keys: await Promise.all([...old.map((one) => inSet(one, 'k0')), inSet(keys, 'k1')]) };
  // What happens before the keys are sent, or whether they are.
  const state = {
    isDown: false,
    requests: 0,
    /** What is published; `undefined` for the keys. */
    published: undefined as unknown,
    onRequest: (): void | Promise<void> => {},
  };
  const server = createServer((_request, response) => {
    state.requests++;
    const answer = () => {
      response.writeHead(state.isDown ? 503 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(state.published ?? published));
    };
    void Promise.resolve(state.onRequest()).then(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const [issuer, audience] = ['https://issuer.test', 'lark-users'];
  return {
    state,
    keys,
    close: () => server.close().closeAllConnections(),
    auth: { kind: 'jwt', jwksUrl: `http://127.0.0.1:${port}/jwks.json`, issuer, audience } as const,
    /** A token that passes, but for what `claims` change in it; `undefined` leaves a claim out. */
    sign(claims: Record<string, unknown> = {}, header: { alg?: string; kid?: string | undefined } = {}) {
      const now = Math.floor(Date.now() / 1_000);
      const usual = { iss: issuer, aud: audience, sub: 'person-1', iat: now, exp: now + 60, ...claims };
      return new SignJWT(usual)
        .setProtectedHeader({ alg: algorithm, kid: 'k1', ...header } as JWTHeaderParameters)
        .sign(keys.privateKey);
    },
  };
}

/** Ages of a JWKS: past the first it is fetched again before it is used; past the second it is not used without that. */
export const [OLD_KEYS_MS, STALE_KEYS_MS] = [11 * 60_000, 25 * 60 * 60_000];

/** Moves the monotonic clock by so much that keys have to be fetched again, until the test ends. */
export function keysAreOld(): void {
  const now = performance.now();
  vi.useFakeTimers({ toFake: ['performance'] });
  vi.advanceTimersByTime(now + OLD_KEYS_MS);
  onTestFinished(() => void vi.useRealTimers());
}
