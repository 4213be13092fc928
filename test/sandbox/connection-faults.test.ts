import { describe, expect, it } from 'vitest';
import type { FaultSpec, Sandbox } from '../../src/sandbox/sandbox.ts';
import { bodyOf, rawCall } from './raw-call.ts';
import { FIRST, openSandbox } from './sandbox-client.ts';

const ASK = { user_keys: [FIRST] };

async function strike(spec: FaultSpec, isEnough?: (text: string) => boolean) {
  const { sandbox, newToken } = await openSandbox();
  const token = await newToken();
  sandbox.faults.start(spec);
  const answer = await rawCall(sandbox.url, token, ASK, isEnough);
  sandbox.faults.clear();
  const truth = bodyOf((await rawCall(sandbox.url, token, ASK)).text);
  return { ...answer, body: bodyOf(answer.text), truth, sandbox };
}

/** Sends a call and closes the connection when the sandbox has it. */
async function hangUp({ url, calls }: Sandbox, token: string): Promise<void> {
  const before = calls().length;
  const abort = new AbortController();
  const headers = { 'x-plugin-token': token };
  const options = { method: 'POST', headers, body: JSON.stringify(ASK), signal: abort.signal };
  const asking = fetch(`${url}/open_api/user/query`, options);
  while (calls().length === before) await new Promise(setImmediate);
  abort.abort();
  await expect(asking).rejects.toThrow('aborted');
}

describe('On the wire,', () => {
  it('reset-before-headers is a reset without a word', async () => {
    const { text, end, sandbox } = await strike({ name: 'reset-before-headers' });
    expect([text, end]).toEqual(['', 'ECONNRESET']);
    expect(sandbox.calls()[1]).toMatchObject({ status: 0 });
  });

  it('reset-mid-body is a reset after half of the body', async () => {
    const { body, end, truth } = await strike({ name: 'reset-mid-body' });
    expect([body, end]).toEqual([truth.slice(0, body.length), 'ECONNRESET']);
    expect(body.length).toBeGreaterThan(0);
    expect(body.length).toBeLessThan(truth.length);
  });

  it('end-mid-body is a FIN after half of the body, which was announced in full', async () => {
    const { text, body, end, truth } = await strike({ name: 'end-mid-body' });
    expect([body, end]).toEqual([truth.slice(0, body.length), 'FIN']);
    expect(body.length).toBeLessThan(truth.length);
    expect(text.toLowerCase()).toContain(`content-length: ${Buffer.byteLength(truth)}\r\n`);
  });

  it('garbage is not HTTP', async () => {
    expect((await strike({ name: 'garbage' })).text).toMatch(/^SSH-2.0-/);
  });

  it('stall is half a body and then nothing, until the client goes', async () => {
    const { body, end } = await strike({ name: 'stall' }, (text) => bodyOf(text).includes('{"data":[{'));
    expect(() => JSON.parse(body)).toThrow(SyntaxError);
    expect(end).toBe('enough');
  });

  it('drip is the true answer, one byte at a time', async () => {
    const { sandbox, newToken } = await openSandbox();
    const token = await newToken();
    sandbox.faults.start({ name: 'drip', everyMs: 1 });
    const lengths = new Set<number>();
    const dripped = await rawCall(sandbox.url, token, ASK, (text) => {
      lengths.add(text.length);
      return false;
    });
    sandbox.faults.clear();
    expect(bodyOf(dripped.text)).toBe(bodyOf((await rawCall(sandbox.url, token, ASK)).text));
    expect(lengths.size).toBeGreaterThan(20);
  });

  it('drip stops when the client goes, and when the sandbox closes', async () => {
    const { sandbox, newToken } = await openSandbox();
    const token = await newToken();
    sandbox.faults.start({ name: 'drip', everyMs: 60_000 });
    await rawCall(sandbox.url, token, ASK, (text) => text.includes('\r\n\r\n{'));
    let hasBegun = () => {};
    const begun = new Promise<void>((resolve) => (hasBegun = resolve));
    const cut = rawCall(sandbox.url, token, ASK, (text) => {
      if (text.includes('\r\n\r\n{')) hasBegun();
      return false;
    });
    await begun;
    await sandbox.close();
    expect((await cut).end).toMatch(/FIN|ECONNRESET/);
  });

  it('hang takes the call and says nothing, until the client goes', async () => {
    const { sandbox, newToken } = await openSandbox();
    const token = await newToken();
    sandbox.faults.start({ name: 'hang' });
    await hangUp(sandbox, token);
    expect(sandbox.calls()[1]).toMatchObject({ status: 0 });
  });

  it('latency waits for the true answer, and not for a client that went', async () => {
    const { sandbox, queryWith, newToken } = await openSandbox();
    const token = await newToken();
    sandbox.faults.start({ name: 'latency', ms: 40, calls: 1 });
    const start = performance.now();
    expect((await queryWith(token, ASK)).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(35);

    sandbox.faults.start({ name: 'latency', ms: 3_600_000 });
    await hangUp(sandbox, token);
    // The status is entered when the wait is over.
    while (sandbox.calls().at(-1)?.status === 0) await new Promise(setImmediate);
    expect(sandbox.calls().at(-1)?.status).toBe(200);
  });

  it.each(['stall', 'drip', 'end-mid-body', 'reset-mid-body', 'oversized', 'gzip-bomb', 'garbage', 'hang'] as const)(
    '%s says nothing to a client that went during latency, and the sandbox goes on',
    async (name) => {
      const { sandbox, newToken, queryWith } = await openSandbox();
      const token = await newToken();
      sandbox.faults.start([{ name: 'latency', ms: 3_600_000 }, { name }]);
      await hangUp(sandbox, token);
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      expect(sandbox.calls().at(-1)?.status).toBe(0);
      sandbox.faults.clear();
      expect((await queryWith(token, ASK)).status).toBe(200);
    },
  );
});
