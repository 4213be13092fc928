import { describe, expect, it } from 'vitest';
import { drain } from '../../src/http/server.ts';
import { listening } from '../support/listening.ts';
import { parseAnswer, rawRequest, sendRaw } from '../support/raw-http.ts';

const QUERY = JSON.stringify({ query: '{ __typename }' });
const asking = (accept: string) => ['Host: localhost', 'Content-Type: application/json', `Accept: ${accept}`];
const portOf = (url: string) => Number(new URL(url).port);

describe.each(['application/json', 'application/graphql-response+json', 'text/event-stream', 'multipart/mixed'])(
  'an answer of the type %s',
  (accept) => {
    it('says that the connection closes where its client asked for that, and closes it (RFC 9112, 9.6)', async () => {
      const { url } = await listening({});
      // Twice: also when the operation is known.
      for (let n = 0; n < 2; n++) {
        const { status, headers, body } = parseAnswer(
          await sendRaw(portOf(url), rawRequest('POST /graphql', asking(accept), QUERY)),
        );
        expect([status, headers.connection]).toEqual([200, 'close']);
        expect(headers['content-type']).toContain(accept);
        expect(body).toContain('{"data":{"__typename":"Query"}}');
      }
    });

    it('closes the connection of an HTTP/1.0 client, which keeps none unless it asks for it', async () => {
      const { url } = await listening({});
      const request = rawRequest('POST /graphql', asking(accept), QUERY);
      const answer = await sendRaw(
        portOf(url),
        request.replace('HTTP/1.1', 'HTTP/1.0').replace('Connection: close\r\n', ''),
      );
      expect(parseAnswer(answer)).toMatchObject({ status: 200, headers: { connection: 'close' } });
    });

    it('closes the connection during shutdown, though its client would keep it', async () => {
      const { url, server } = await listening({});
      // The test ends long before the delay does.
      void drain(server, { delayMs: 60_000, graceMs: 0 });
      const request = rawRequest('POST /graphql', asking(accept), QUERY).replace('Connection: close\r\n', '');
      const { status, headers } = parseAnswer(await sendRaw(portOf(url), request));
      expect([status, headers.connection]).toEqual([200, 'close']);
    });

    it('keeps the connection where its client keeps it', async () => {
      const { url } = await listening({});
      const request = rawRequest('POST /graphql', asking(accept), QUERY);
      // The second closes it.
      const answers = await sendRaw(portOf(url), request.replace('Connection: close\r\n', '') + request);
      expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
      expect(answers.match(/^connection: (keep-alive|close)/gim)).toEqual([
        'Connection: keep-alive',
        'Connection: close',
      ]);
    });
  },
);
