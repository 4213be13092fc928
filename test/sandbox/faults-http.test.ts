import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { untilAborted } from '../../src/policies/deadline.ts';
import { FAULT_NAMES, type FaultSpec } from '../../src/sandbox/named-faults/fault-table.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { FIRST, openSandbox, SECOND, stoppedClock } from './sandbox-client.ts';

const ASK = { user_keys: [FIRST] };

async function openWithFaults(options: Parameters<typeof openSandbox>[0] = {}) {
  const opened = await openSandbox({ callsPerSecond: 100_000, ...options });
  const faults = async (method: string, body?: unknown) => {
    const response = await fetch(`${opened.sandbox.url}/_sandbox/faults`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  return { ...opened, faults };
}

describe('/_sandbox/faults', () => {
  it('starts by POST what it is sent, behind what is on, and tells what is on now', async () => {
    const { faults, requestToken } = await openWithFaults({ now: stoppedClock().now });
    const latency = { name: 'latency', ms: 5, jitterMs: 0, share: 0.5, interface: 'user_query', isOn: true, struck: 0 };
    const error = {
      name: 'error',
      code: 50006,
      onHttp200: false,
      withoutData: false,
      forMs: 1000,
      interface: 'both',
      isOn: true,
      struck: 0,
    };
    const first = await faults('POST', { name: 'latency', ms: 5, share: 0.5 });
    expect(first).toEqual({ status: 200, json: { on: [latency], ended: [] } });
    const both = await faults('POST', [{ name: 'error', forMs: 1000, interface: 'both' }]);
    expect(both.json).toEqual({ on: [latency, { ...error, msLeft: 1000 }], ended: [] });
    expect((await requestToken({})).status).toBe(500);
  });

  it('tells by GET what is on, what is left of it, how often it struck, and what ended', async () => {
    const { faults, newToken, queryWith } = await openWithFaults();
    const token = await newToken();
    await faults('POST', [
      { name: 'error', calls: 1 },
      { name: 'error', code: 10301, calls: 5 },
    ]);
    await queryWith(token, ASK);
    await queryWith(token, ASK);
    expect((await faults('GET')).json).toMatchObject({
      on: [{ name: 'error', code: 10301, callsLeft: 4, struck: 1 }],
      ended: [{ name: 'error', code: 50006, callsLeft: 0, struck: 1 }],
    });
  });

  it('ends all by DELETE', async () => {
    const { faults, query } = await openWithFaults();
    await faults('POST', { name: 'html', interface: 'both' });
    expect(await faults('DELETE')).toEqual({ status: 200, json: { on: [], ended: [] } });
    expect((await query(ASK)).status).toBe(200);
  });

  it('refuses with 400 and every mistake at once, says what it expected and what came, and starts nothing', async () => {
    const { faults, sandbox } = await openWithFaults();
    const refused = await faults('POST', [
      { name: 'latency', ms: 'soon', share: 2, mss: 1 },
      { name: 'latncy' },
      { name: 'error' },
      7,
      { name: 'poison', identifiers: [] },
      { name: 'poison' },
      { name: 'html', kind: 'emails', interface: 'plugin_token' },
      { ms: 5 },
    ]);
    const names = FAULT_NAMES.join(', ');
    expect(refused).toEqual({
      status: 400,
      json: {
        mistakes: [
          '[0]: "mss": latency takes ms, jitterMs, calls, share, every, forMs, interface, kind.',
          '[0]: ms: expected a whole number from 0 to 3600000, got "soon".',
          '[0]: share: expected a number from 0 to 1, got 2.',
          `[1]: name: expected one of ${names}, got "latncy".`,
          '[3]: expected an object like {"name": "latency", "ms": 2000}, got 7.',
          '[4]: identifiers: expected a text or a list of texts, got [].',
          '[5]: identifiers: expected a text or a list of texts, got none.',
          '[6]: kind: expected interface user_query or both beside it, got plugin_token: a call for a token names nobody.',
          `[7]: name: expected one of ${names}, got no name.`,
        ],
        names: [...FAULT_NAMES],
      },
    });
    expect(sandbox.faults.list()).toEqual([]);
  });

  it.each([
    ['{"name"', 'the body is not JSON'],
    ['null', 'got null'],
    ['"latency"', 'got "latency"'],
    [' '.repeat(1_000_001), '1000001 bytes'],
    ['{"name": "constructor"}', 'got "constructor"'],
    ['{"name": "hang", "__proto__": {}}', '"__proto__": hang takes'],
  ])('refuses %j: %s', async (body, reason) => {
    const { faults } = await openWithFaults();
    const { status, json } = await faults('POST', body);
    expect(status).toBe(400);
    expect((json.mistakes as string[]).join()).toContain(reason);
    expect(json.names).toEqual(FAULT_NAMES);
  });

  it('is named on the first page, with every fault', async () => {
    const { sandbox } = await openWithFaults();
    const page = await (await fetch(sandbox.url)).text();
    for (const text of ['POST /_sandbox/faults', ...FAULT_NAMES]) expect(page).toContain(text);
  });
});

it('Faults in the options are refused before the sandbox listens', async () => {
  const { sandbox } = await openSandbox();
  const faults = [{ name: 'latency', ms: -1 } as FaultSpec];
  const takenPort = Number(new URL(sandbox.url).port);
  await expect(startSandbox({ port: takenPort, faults })).rejects.toThrow(
    '[0]: ms: expected a whole number from 0 to 3600000, got -1.',
  );
});

it('With any faults on the sandbox goes on, and without them it answers truly', async () => {
  const { sandbox, faults, newToken, queryWith } = await openWithFaults({ people: 5 });
  const token = await newToken();
  const truth = (await queryWith(token, ASK)).json;
  // Large sizes and long waits would only make this slow.
  const parameters: Record<string, object> = {
    poison: { identifiers: [SECOND, FIRST] },
    latency: { ms: 20 },
    'gzip-bomb': { bytes: 100_000 },
    oversized: { bytes: 100_000 },
  };
  const scope = fc.record(
    {
      calls: fc.integer({ min: 1, max: 3 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      every: fc.integer({ min: 1, max: 3 }),
      interface: fc.constantFrom('user_query', 'plugin_token', 'both'),
    },
    { requiredKeys: [] },
  );
  const fault = fc
    .tuple(fc.constantFrom(...FAULT_NAMES), scope)
    .map(([name, rest]) => ({ name, ...parameters[name], ...rest }));

  const property = fc.asyncProperty(
    fc.array(fault, { minLength: 1, maxLength: 5 }),
    fc.nat(60),
    async (specs, patienceMs) => {
      expect((await faults('POST', specs)).status).toBe(200);
      const signal = AbortSignal.timeout(patienceMs);
      const call = async (path: string) => {
        const headers = { 'x-plugin-token': token };
        const body = JSON.stringify(ASK);
        const response = await fetch(sandbox.url + path, { method: 'POST', headers, body, signal, redirect: 'manual' });
        // Node's fetch never ends where it is aborted while it unpacks a bomb.
        await untilAborted(response.text(), signal);
      };
      const paths = ['user/query', 'user/query', 'authen/plugin_token', 'user/query'].map(
        (path) => `/open_api/${path}`,
      );
      await Promise.allSettled(paths.map(call));
      expect((await faults('DELETE')).json).toEqual({ on: [], ended: [] });
      expect((await queryWith(await newToken(), ASK)).json).toEqual(truth);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});
