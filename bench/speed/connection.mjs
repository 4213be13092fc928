import { connect } from 'node:net';

/** @typedef {{ status: number, body: string }} Reply the body's bytes, a character each: what is searched in it is plain ASCII */

/** What GET requests carry to pass the servers' CSRF prevention. */
const CSRF_HEADERS = { 'apollo-require-preflight': 'true', 'x-graphql-yoga-csrf': 'true' };

/**
 * One kept-alive connection, a request at a time, with the least work there is: a client library would take more of the
 * core than the upstream has to spare. It is for the benchmark's own servers and reads what those send, not all of HTTP.
 *
 * @param {string} url
 */
export async function openConnection(url) {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const common = { host: `${hostname}:${port}`, accept: 'application/json' };
  const postHead = `POST ${pathname} HTTP/1.1\r\n${lines({ ...common, 'content-type': 'application/json' })}content-length: `;
  const getTail = ` HTTP/1.1\r\n${lines({ ...common, ...CSRF_HEADERS })}\r\n`;
  let received = '';
  /** @type {((reply: Reply) => void) | undefined} */
  let answered;
  /** @type {((error: Error) => void) | undefined} */
  let failed;

  socket.setEncoding('latin1').on('data', (chunk) => {
    received += chunk;
    const reply = readReply(received);
    if (!reply) return;
    received = '';
    answered?.(reply);
  });
  socket.on('error', (error) => failed?.(error));
  socket.on('close', () => failed?.(new Error('The server closed the connection.')));

  return {
    /** @param {ReturnType<import('./scenarios.mjs').Request>} request ASCII only @returns {Promise<Reply>} */
    send(request) {
      return new Promise((resolve, reject) => {
        answered = resolve;
        failed = reject;
        const text =
          'body' in request
            ? `${postHead}${request.body.length}\r\n\r\n${request.body}`
            : `GET ${pathname}${request.search}${getTail}`;
        socket.write(text, 'latin1');
      });
    },
    close() {
      failed = undefined;
      socket.destroy();
    },
  };
}

/** @param {Record<string, string>} headers */
const lines = (headers) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');

/**
 * @param {string} received
 * @returns {Reply | undefined} undefined as long as it is not complete
 */
function readReply(received) {
  const endOfHead = received.indexOf('\r\n\r\n');
  if (endOfHead < 0) return undefined;
  const head = received.slice(0, endOfHead);
  const status = Number(head.slice(9, 12));
  const start = endOfHead + 4;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const end = start + Number(length);
    return received.length < end ? undefined : { status, body: received.slice(start, end) };
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return { status, body: '' };
  return received.endsWith('0\r\n\r\n') ? { status, body: joinChunks(received, start) } : undefined;
}

/** @param {string} received @param {number} start */
function joinChunks(received, start) {
  let body = '';
  for (let at = start; ; ) {
    const endOfSize = received.indexOf('\r\n', at);
    const size = Number.parseInt(received.slice(at, endOfSize), 16);
    if (!(size > 0)) return body;
    body += received.slice(endOfSize + 2, endOfSize + 2 + size);
    at = endOfSize + 2 + size + 2;
  }
}
