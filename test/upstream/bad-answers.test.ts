import { describe, expect, it } from 'vitest';
import type { RawReply, Reply } from '../../src/sandbox/sandbox.ts';
import { codesByPath, gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { answerQueries, peopleReply } from '../support/wire-replies.ts';

const ONE = '{ user(key: "1") { key } }';
const raw = (status: number, body: string, headers: Record<string, string> = {}): Reply => ({ status, headers, body });

describe('an answer that is not the user API', () => {
  it.each<[string, Reply, string, number]>([
    ['HTML with 200', raw(200, '<html>Sign in</html>', { 'content-type': 'text/html' }), 'UPSTREAM_BAD_RESPONSE', 2],
    ['HTML with 502', raw(502, '<html>Bad gateway</html>'), 'UPSTREAM_UNAVAILABLE', 3],
    ['nothing with 503', raw(503, ''), 'UPSTREAM_UNAVAILABLE', 3],
    ['an empty body', raw(200, ''), 'UPSTREAM_BAD_RESPONSE', 2],
    ['truncated JSON', raw(200, '{"data": [{"user_key": "1"'), 'UPSTREAM_BAD_RESPONSE', 2],
    ["a proxy's 429", raw(429, 'slow down'), 'UPSTREAM_RATE_LIMITED', 1],
    ['a redirect', raw(302, '', { location: 'http://127.0.0.1:1/' }), 'UPSTREAM_BAD_RESPONSE', 2],
    ['err_code as text', raw(200, '{"data": [], "err_code": "0"}'), 'UPSTREAM_BAD_RESPONSE', 2],
    ['no err_code', raw(200, '{"data": []}'), 'UPSTREAM_BAD_RESPONSE', 2],
    ['data null', peopleReply(null), 'UPSTREAM_BAD_RESPONSE', 2],
    ['data an object', peopleReply({ user_key: '1' }), 'UPSTREAM_BAD_RESPONSE', 2],
    ['only a null row', peopleReply([null]), 'UPSTREAM_BAD_RESPONSE', 1],
    ['a row without user_key', peopleReply([{ email: 'a@b.c' }]), 'UPSTREAM_BAD_RESPONSE', 1],
    ['a numeric user_key', peopleReply([{ user_key: 1 }]), 'UPSTREAM_BAD_RESPONSE', 1],
    ['more than 4 MiB', raw(200, ' '.repeat(4 * 1024 * 1024 + 1)), 'UPSTREAM_BAD_RESPONSE', 2],
    ['headers of 40 KB', raw(200, '{}', { 'x-large': 'x'.repeat(40_000) }), 'UPSTREAM_BAD_RESPONSE', 2],
  ])('%s is never "not found", and is asked for again where that may help', async (_, reply, code, calls) => {
    // Shorter than the pause after a 429, so that nobody waits it out here.
    const harness = await gatewayWithSandbox({ gateway: { requestTimeoutMs: 900, retry: { baseMs: 1 } } });
    answerQueries(harness, () => reply);
    const answer = await harness.query(ONE);
    expect(answer.data).toEqual({ user: null });
    expect(codesByPath(answer)).toEqual([`user: ${code}`]);
    expect(harness.upstreamCalls()).toHaveLength(calls);
  });

  it.each<[string, RawReply, string]>([
    ['a reset before headers', (response) => void response.socket?.resetAndDestroy(), 'UPSTREAM_UNAVAILABLE'],
    [
      'an end in the middle of the body',
      (response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"data"', () => response.destroy());
      },
      'UPSTREAM_UNAVAILABLE',
    ],
    [
      'garbage in place of HTTP',
      (response) => void response.socket?.end('SSH-2.0-OpenSSH\r\n\r\n'),
      'UPSTREAM_BAD_RESPONSE',
    ],
    ['no headers at all', () => {}, 'UPSTREAM_TIMEOUT'],
    [
      'a body that drips and never ends',
      (response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drip));
      },
      'UPSTREAM_TIMEOUT',
    ],
  ])('%s', async (_, rawReply, code) => {
    const harness = await gatewayWithSandbox({ gateway: { timeoutMs: 300 } });
    harness.sandbox.setFault((call, answer) => (call.interface === 'user_query' ? rawReply : answer()));
    expect(codesByPath(await harness.query(ONE))).toEqual([`user: ${code}`]);
  });

  it('a good envelope is accepted whatever its content type', async () => {
    const harness = await gatewayWithSandbox();
    const body = JSON.stringify({ data: [{ user_key: '1' }], err_code: 0 });
    answerQueries(harness, () => raw(200, body, { 'content-type': 'text/plain' }));
    expect(await harness.query(ONE)).toEqual({ data: { user: { key: '1' } } });
  });

  it('malformed rows are dropped and counted, good ones kept, and unanswered people are not called "not found"', async () => {
    const harness = await gatewayWithSandbox();
    answerQueries(harness, () => peopleReply([{ user_key: '1' }, 7, { user_key: '9' }]));
    const answer = await harness.query('{ users(keys: ["1", "2"]) { key } }');
    expect(answer.data).toEqual({ users: [{ key: '1' }, null] });
    expect(codesByPath(answer)).toEqual(['users.1: UPSTREAM_BAD_RESPONSE']);
    expect(harness.events).toContainEqual({ type: 'rows-dropped', malformed: 1, unrequested: 1 });
  });

  it('__proto__ as a key pollutes nothing', async () => {
    const harness = await gatewayWithSandbox();
    const body =
      '{"err_code": 0, "__proto__": {"polluted": 1}, "data": [{"user_key": "1", "__proto__": {"polluted": 1}}]}';
    answerQueries(harness, () => raw(200, body));
    expect(await harness.query('{ user(key: "1") { key email } }')).toEqual({
      data: { user: { key: '1', email: null } },
    });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('an upstream that is not there is UPSTREAM_UNAVAILABLE, without its address', async () => {
    const { sandbox, query } = await gatewayWithSandbox();
    await sandbox.close();
    const answer = await query(ONE);
    expect(codesByPath(answer)).toEqual(['user: UPSTREAM_UNAVAILABLE']);
    expect(JSON.stringify(answer)).not.toMatch(/127\.0\.0\.1|ECONNREFUSED/);
  });
});
