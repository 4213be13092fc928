import { maxHeaderSize, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { GatewayError } from '../errors.ts';
import { refusalText, sendRefusal } from './refusal.ts';

/** Answers what Node itself refuses as the gateway refuses requests: with a code, a message and the headers of every answer. */
export function answerClientErrors(server: Server): void {
  const refusals: Readonly<Record<string, readonly [status: number, message: string]>> = {
    ERR_HTTP_REQUEST_TIMEOUT: [
      408,
      `Expected a whole request within ${server.requestTimeout / 1_000} seconds, got less. Send it again.`,
    ],
    HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Expected chunks without long extensions, got such. Send none.'],
    HPE_HEADER_OVERFLOW: [
      431,
      `Expected a target and headers of at most ${maxHeaderSize} bytes, got more. Send shorter ones.`,
    ],
  };

  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket: Duplex) => {
    // The answer that has the connection; Node's own handler goes by it, too.
    const { _httpMessage: answer } = socket as { readonly _httpMessage?: ServerResponse | null };
    if (!socket.writable || answer?.headersSent) {
      socket.destroy();
      return;
    }
    const [status, message] = refusals[code] ?? [400, MALFORMED];
    socket.end(refusalText(new GatewayError('BAD_USER_INPUT', message), status), () => socket.destroy());
  });

  server.on('checkExpectation', (_request, response) => sendRefusal(response, UNEXPECTED, 417));
}

const MALFORMED = 'Expected a request of HTTP/1.1, got what cannot be read as one. Correct it.';

const UNEXPECTED = new GatewayError(
  'BAD_USER_INPUT',
  'Expected no header Expect but 100-continue, got another value. Send none.',
);
