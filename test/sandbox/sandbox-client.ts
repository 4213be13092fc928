import { onTestFinished } from 'vitest';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';

/** What came over the wire. */
export interface WireReply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape, also wrong ones.
  readonly json: any;
}

/** Starts a sandbox which is closed when the test ends, and what a client needs to talk to it. */
export async function openSandbox(options: SandboxOptions = {}) {
  const sandbox = await startSandbox({ people: 20, ...options });
  onTestFinished(() => sandbox.close());

  const post = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<WireReply> => {
    const response = await fetch(sandbox.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, json: await response.json() };
  };

  const requestToken = (body: unknown) => post('/open_api/authen/plugin_token', body);
  const newToken = async (type = 0): Promise<string> => {
    const { json } = await requestToken({ plugin_id: 'MII_SANDBOX', plugin_secret: 'sandbox-secret', type });
    return json.data.token;
  };
  /** Asks with a given token. */
  const queryWith = (token: string, body: unknown, headers: Record<string, string> = {}) =>
    post('/open_api/user/query', body, { 'x-plugin-token': token, ...headers });
  /** Asks with a fresh official token. */
  const query = async (body: unknown, headers: Record<string, string> = {}) =>
    queryWith(await newToken(), body, headers);

  return { sandbox, post, requestToken, newToken, queryWith, query };
}

export function keysOf(reply: WireReply): string[] {
  return reply.json.data.map((row: { user_key: string }) => row.user_key);
}

/** A clock that stands still until it is moved. */
export function stoppedClock() {
  let current = 0;
  return {
    now: () => current,
    advance: (ms: number) => {
      current += ms;
    },
  };
}

export const FIRST = '7000000000000000001';
export const SECOND = '7000000000000000002';
export const THIRD = '7000000000000000003';
