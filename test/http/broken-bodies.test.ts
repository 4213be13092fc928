import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { UNASKED } from '../support/gateway-with-sandbox.ts';
import { keptLog } from '../support/kept-log.ts';
import { listening } from '../support/listening.ts';

const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';
const QUERY = '{"query":"{ __typename }';

/** A gateway on a port, whose log is kept. `send` writes these bytes of a POST. */
async function gatewayFor(fastPath: boolean) {
  const { log, entries, lines } = keptLog('info');
  const { server, url, events, send: ask } = await listening({ log, fastPath });
  const port = Number(new URL(url).port);
  return {
    lines: () => lines('request').map(({ fields }) => fields),
    faults: () => entries.filter(({ level }) => level === 'error'),
    requests: () => events.filter(({ type }) => type === 'request'),
    ask,
    async send(path: string, type: string, rest: string) {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      let reply = '';
      socket.setEncoding('utf8').on('data', (text: string) => {
        reply += text;
      });
      const headers = `host: localhost\r\ncontent-type: ${type}\r\nx-graphql-yoga-csrf: ${UNASKED['x-graphql-yoga-csrf']}`;
      socket.write(`POST ${path} HTTP/1.1\r\n${headers}\r\n${rest}`);
      await once(server, 'request');
      return { socket, reply: () => reply };
    },
  };
}

const WAYS = [
  { path: '/forget', type: JSON_TYPE, part: '{"key":', fastPath: true },
  { path: '/forget', type: JSON_TYPE, part: '{"key":', fastPath: false },
  { path: '/graphql', type: JSON_TYPE, part: QUERY, fastPath: true },
  { path: '/graphql', type: JSON_TYPE, part: QUERY, fastPath: false },
  { path: '/graphql', type: FORM, part: 'query={a}', fastPath: false },
  { path: '/graphql', type: 'application/graphql', part: '{ __typ', fastPath: false },
];

describe.each(WAYS)(
  'a client of $path that sends a part of $type (fastPath: $fastPath)',
  ({ path, type, part, fastPath }) => {
    const endpoint = path.slice(1);

    it.each([
      ['a body of known length', 'content-length: 100\r\n\r\n', part],
      ['a chunked body', 'transfer-encoding: chunked\r\n\r\n', `${part.length.toString(16)}\r\n${part}\r\n`],
      ['a body, and none of it', 'content-length: 100\r\n\r\n', ''],
    ])('and disconnects in %s is no fault: its line has no status', async (_, head, body) => {
      const { send, lines, faults, requests } = await gatewayFor(fastPath);
      const { socket } = await send(path, type, head + body);
      socket.destroy();
      await expect.poll(lines).toHaveLength(1);
      expect(lines()).toMatchObject([{ endpoint, method: 'POST', outcome: 'CLIENT_DISCONNECTED' }]);
      expect(lines()[0]).not.toHaveProperty('status');
      expect(requests()).toMatchObject([{ endpoint, outcome: 'CLIENT_DISCONNECTED' }]);
      expect(faults()).toEqual([]);
    });

    it.each([
      ['a chunk without a length', 'zz\r\n'],
      ['a chunk that is longer than it says', `1\r\n${part}\r\n0\r\n\r\n`],
      ['a line that is no chunk after the first one', `${part.length.toString(16)}\r\n${part}\r\n}\r\n`],
    ])('and then %s gets a 400: no fault, and the next client is answered', async (_, body) => {
      const { send, ask, lines, faults } = await gatewayFor(fastPath);
      const { socket, reply } = await send(path, type, `transfer-encoding: chunked\r\n\r\n${body}`);
      await once(socket, 'close');
      expect(reply()).toContain('HTTP/1.1 400 Bad Request');
      await expect.poll(lines).toHaveLength(1);
      expect(faults()).toEqual([]);
      const { status } = await ask({
        method: 'POST',
        path: '/graphql',
        headers: { 'content-type': JSON_TYPE },
        body: '{"query":"{ __typename }"}',
        isChunked: false,
      });
      expect(status).toBe(200);
    });
  },
);
