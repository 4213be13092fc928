import { describe, expect, it } from 'vitest';
import { FIRST, openSandbox } from './sandbox-client.ts';

const ASK = { user_keys: [FIRST] };

describe('A fault', () => {
  it('sees the call and may change its true answer', async () => {
    const { sandbox, query } = await openSandbox();
    sandbox.setFault((call, answer) => {
      const reply = answer();
      return call.interface === 'user_query'
        ? { ...reply, status: 202, headers: { 'x-fault': String(call.userKey) } }
        : reply;
    });
    const reply = await query(ASK, { 'x-user-key': FIRST });
    expect([reply.status, reply.headers.get('x-fault'), reply.json.err_code]).toEqual([202, FIRST, 0]);
    expect(reply.headers.get('x-tt-logid')).toBe(sandbox.calls()[1]?.logId);
  });

  it('may send any text in place of JSON', async () => {
    const { sandbox } = await openSandbox();
    sandbox.setFault(() => ({ status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Gateway</h1>' }));
    const reply = await fetch(`${sandbox.url}/open_api/user/query`, { method: 'POST', body: '{}' });
    expect([reply.status, await reply.text()]).toEqual([502, '<h1>Bad Gateway</h1>']);
    expect(sandbox.calls()).toMatchObject([{ status: 502, errCode: 0 }]);
  });

  it('may take over the connection, and leaves status 0 when it ends it without an answer', async () => {
    const { sandbox, query } = await openSandbox();
    sandbox.setFault(() => (response) => void response.destroy());
    await expect(query(ASK)).rejects.toThrow('fetch failed');
    expect(sandbox.calls()).toMatchObject([{ interface: 'plugin_token', status: 0, errCode: 0 }]);
  });

  it('costs no rate limit when it does not ask for the true answer, and one call however often it asks', async () => {
    const { sandbox, queryWith, newToken } = await openSandbox({ callsPerSecond: 1, now: () => 0 });
    const token = await newToken();
    sandbox.setFault(() => ({ status: 500, body: {} }));
    expect((await queryWith(token, ASK)).status).toBe(500);
    sandbox.setFault((_call, answer) => {
      answer();
      return answer();
    });
    expect((await queryWith(token, ASK)).status).toBe(200);
    expect((await queryWith(token, ASK)).status).toBe(429);
  });

  it('that throws is answered as 50006', async () => {
    const { sandbox, queryWith } = await openSandbox();
    sandbox.setFault(() => {
      throw new Error('oops');
    });
    expect((await queryWith('p-1', ASK)).json.err_code).toBe(50006);
  });

  it('ends when it is taken away', async () => {
    const { sandbox, query } = await openSandbox();
    sandbox.setFault(() => ({ status: 500, body: {} }));
    sandbox.setFault(undefined);
    expect((await query(ASK)).status).toBe(200);
  });

  it('that never answers is listed as a call, told when the sandbox closes, and cut off then', async () => {
    const { sandbox, queryWith } = await openSandbox();
    const told = new Promise((resolve) => {
      sandbox.setFault((call) => {
        call.signal.addEventListener('abort', resolve);
        return new Promise(() => {});
      });
    });
    const hanging = queryWith('p-1', ASK).catch((error: Error) => error.message);
    while (sandbox.calls().length < 1) await new Promise(setImmediate);
    const closed = sandbox.close();
    await told;
    await closed;
    expect(await hanging).toBe('fetch failed');
  });
});
