import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/sandbox/sandbox.ts';
import { codesByPath, gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { listening } from '../support/tls.ts';

const ONE = '{ user(key: "7000000000000000001") { nameEn } }';
const FOUND = { data: { user: { nameEn: 'Zhang San' } } };

describe('a proxy that compresses', () => {
  /** Forwards to the sandbox, and compresses replies to these requests. */
  async function gatewayBehindProxy(compresses: (request: IncomingMessage) => boolean) {
    let target = '';
    const seen: unknown[] = [];
    const proxy = createServer((incoming, outgoing) => {
      seen.push([incoming.url, incoming.headers['accept-encoding']]);
      const forwarded = request(
        `${target}${incoming.url}`,
        { method: 'POST', headers: incoming.headers },
        (reply) => void pass(reply, outgoing),
      );
      async function pass(reply: IncomingMessage, response: ServerResponse) {
        const body = Buffer.concat(await reply.toArray());
        const isCompressed = compresses(incoming);
        response.writeHead(reply.statusCode ?? 502, isCompressed ? { 'content-encoding': 'gzip' } : {});
        response.end(isCompressed ? gzipSync(body) : body);
      }
      incoming.pipe(forwarded);
    });
    const baseUrl = `http://127.0.0.1:${await listening(proxy)}`;
    const harness = await gatewayWithSandbox({ gateway: { baseUrl, retry: { baseMs: 1 } } });
    target = harness.sandbox.url;
    return { ...harness, seen };
  }

  it('unless it is asked for identity is asked for that, by the token call and the query', async () => {
    const { query, seen } = await gatewayBehindProxy(({ headers }) => headers['accept-encoding'] !== 'identity');
    expect(await query(ONE)).toEqual(FOUND);
    expect(seen).toEqual([
      ['/open_api/authen/plugin_token', 'identity'],
      ['/open_api/user/query', 'identity'],
    ]);
  });

  it.each(['plugin_token', 'user/query'])(
    'always, the %s call, is UPSTREAM_BAD_RESPONSE, which names the coding',
    async (call) => {
      const { query } = await gatewayBehindProxy(({ url = '' }) => url.endsWith(call));
      const answer = await query(ONE);
      expect(codesByPath(answer)).toEqual(['user: UPSTREAM_BAD_RESPONSE']);
      expect(answer.errors?.[0]?.message).toContain('got content-encoding gzip: switch compression off in the proxy');
    },
  );
});

describe('an interim response before the answer', () => {
  const continued = 'HTTP/1.1 100 Continue\r\n\r\n';
  it.each<[string, string[]]>([
    ['100 Continue', [continued]],
    ['100 Continue in pieces', ['HTTP/1.1 10', '0 Continue\r\n', '\r\n']],
    ['100 Continue with headers', ['HTTP/1.1 100 Continue\r\nx-proxy: edge-7\r\ncontent-length: 5\r\n\r\n']],
    ['100 Continue three times', [continued + continued, continued]],
    ['102 Processing', ['HTTP/1.1 102 Processing\r\n\r\n']],
    ['103 Early Hints', ['HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n']],
    ['103, 100 and a code of its own', [`HTTP/1.1 103 Early Hints\r\n\r\n${continued}HTTP/1.1 199 Own\r\n\r\n`]],
  ])('(%s), which no call asked for, is skipped, and the connection is kept', async (_, pieces) => {
    const { query, sandbox, tokenCalls, upstreamCalls } = await gatewayWithSandbox({
      gateway: { cache: { ttlMs: 0 } },
    });
    const sockets = new Set<unknown>();
    const interim: Fault = (_call, answer) => async (response) => {
      const { status, body } = answer();
      sockets.add(response.socket);
      for (const piece of pieces) {
        await new Promise((written) => response.socket?.write(piece, written));
        await new Promise(setImmediate);
      }
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    sandbox.setFault(interim);
    expect(await query(ONE)).toEqual(FOUND);
    const connections = sockets.size;
    expect(await query(ONE)).toEqual(FOUND);
    expect([tokenCalls(), upstreamCalls().length, sockets.size]).toEqual([1, 2, connections]);
  });
});
