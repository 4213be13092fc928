import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../src/sandbox/sandbox.ts';
import { rawCall } from './raw-call.ts';
import { FIRST, openSandbox, SECOND, THIRD } from './sandbox-client.ts';

const ASK = { user_keys: [FIRST, SECOND, THIRD] };

interface Struck {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The answer of the same query without the fault. */
  readonly truth: string;
}

async function strike(spec: FaultSpec): Promise<Struck> {
  const { sandbox, newToken } = await openSandbox();
  const ask = async (token: string) =>
    fetch(`${sandbox.url}/open_api/user/query`, {
      method: 'POST',
      headers: { 'x-plugin-token': token },
      body: JSON.stringify(ASK),
      redirect: 'manual',
    });
  const token = await newToken();
  const truth = await (await ask(token)).text();
  sandbox.faults.start(spec);
  const response = await ask(token);
  const text = await response.text();
  const [status] = sandbox.faults.list();
  expect(status?.struck).toBe(1);
  return { status: response.status, headers: response.headers, text, truth };
}

describe('A reply in place of the true one:', () => {
  it.each<[FaultSpec, (struck: Struck) => unknown, unknown]>([
    [{ name: 'truncate' }, ({ text, truth }) => truth.startsWith(text) && text.length < truth.length, true],
    [{ name: 'truncate', keep: 1 }, ({ text, truth }) => Buffer.byteLength(truth) - Buffer.byteLength(text), 1],
    [{ name: 'trailing-text', text: '%%' }, ({ text, truth }) => text === `${truth}%%`, true],
    [{ name: 'empty' }, ({ status, text }) => [status, text], [200, '']],
    [{ name: 'empty', status: 503 }, ({ status, text }) => [status, text], [503, '']],
    [{ name: 'html' }, ({ status, text }) => [status, text.slice(0, 15)], [502, '<!doctype html>']],
    [
      { name: 'html', status: 200 },
      ({ status, headers }) => [status, headers.get('content-type')],
      [200, 'text/html; charset=utf-8'],
    ],
    [
      { name: 'wrong-content-type', type: 'image/png' },
      ({ headers, text, truth }) => [headers.get('content-type'), text === truth],
      ['image/png', true],
    ],
    [{ name: 'redirect' }, ({ status, headers }) => [status, headers.get('location')], [302, '/']],
    [
      { name: 'redirect', status: 307, location: 'http://x.invalid/a' },
      ({ status, headers }) => [status, headers.get('location')],
      [307, 'http://x.invalid/a'],
    ],
    [
      { name: 'oversized' },
      ({ headers, text, truth }) => [Buffer.byteLength(text), headers.get('content-length'), text.endsWith(truth)],
      [10_000_000, '10000000', true],
    ],
    [
      { name: 'oversized', bytes: 70_000, chunked: true },
      ({ headers, text, truth }) => [Buffer.byteLength(text), headers.get('content-length'), text.trim() === truth],
      [70_000, null, true],
    ],
    [
      { name: 'gzip-bomb', bytes: 5_000_000 },
      ({ headers, text, truth }) => [headers.get('content-encoding'), Buffer.byteLength(text), text.endsWith(truth)],
      ['gzip', 5_000_000, true],
    ],
    [
      { name: 'huge-headers', bytes: 10_000 },
      ({ headers, text, truth }) => [headers.get('x-huge')?.length, text === truth],
      [10_000, true],
    ],
  ])('%o', async (spec, look, expected) => {
    expect(look(await strike(spec))).toEqual(expected);
  });

  it('huge-headers are 40 KB, more than Node takes', async () => {
    await expect(strike({ name: 'huge-headers' })).rejects.toThrow('fetch failed');
  });

  it('wrong-encoding says gzip of what is none', async () => {
    await expect(strike({ name: 'wrong-encoding' })).rejects.toThrow('terminated');
  });

  it('a gzip bomb is about a thousandth on the wire', async () => {
    const { sandbox, newToken } = await openSandbox();
    const token = await newToken();
    sandbox.faults.start({ name: 'gzip-bomb', bytes: 20_000_000 });
    const { text } = await rawCall(sandbox.url, token, ASK);
    expect(text.length).toBeLessThan(100_000);
  });
});
