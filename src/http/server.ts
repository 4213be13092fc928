import {
  createServer as createHttpServer,
  maxHeaderSize,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../errors.ts';
import { refusalText, sendRefusal } from './refusal.ts';

/**
 * Longer than balancers keep theirs, 60 s most of them: a request that a balancer sends on a connection which the gateway is just
 * closing fails.
 */
const IDLE_CONNECTION_MS = 75_000;

export interface ClientTimes extends SlowClientOptions {
  /**
   * From the first byte of a request, or the beginning of its connection, until it has come whole, its body included. More is a 408.
   * @default 30000
   */
  readonly requestMs: number;
}

/** Without them a few idle clients could hold all connections, and their memory. */
const CLIENT_TIMES: ClientTimes = { requestMs: 30_000, unreadMs: 60_000, checkMs: 10_000 };

/** A Node server for a gateway, not yet listening. @param given how long clients may take. */
export function createServer(
  gateway: { readonly requestListener: RequestListener },
  given: Partial<ClientTimes> = {},
): Server {
  const times = { ...CLIENT_TIMES, ...given };
  const options = {
    keepAliveTimeout: IDLE_CONNECTION_MS,
    requestTimeout: times.requestMs,
    headersTimeout: times.requestMs,
    connectionsCheckingInterval: times.checkMs,
    // The gateway refuses that itself, with a body.
    requireHostHeader: false,
  };
  const server = createHttpServer(options, gateway.requestListener);
  // None is dropped unseen: Node bounds their bytes.
  server.maxHeadersCount = 0;
  answerClientErrors(server);
  closeUnread(server, times);
  return server;
}

/** The message says what to change. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/**
 * Starts listening.
 * @returns the address to open.
 * @throws ListenError where the port is taken or not allowed.
 */
export function listen(server: Server, at: { host: string; port: number; portSetting: string }): Promise<string> {
  const { host, port, portSetting } = at;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        EADDRINUSE: `another program listens there. Set ${portSetting} to a free port`,
        EACCES: `this user may not listen there. Set ${portSetting} to a port above 1023`,
        EADDRNOTAVAIL: 'this machine has no such address. Set HOST to one of its own',
        ENOTFOUND: 'there is no host of this name. Set HOST to an address of this machine',
      };
      const reason = reasons[error.code ?? ''] ?? error.message;
      reject(new ListenError(`Cannot listen on ${host}:${port}: ${reason}.`));
    });
    server.listen(port, host, () => {
      const bound = server.address() as AddressInfo;
      const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
      resolve(`http://${name}:${bound.port}`);
    });
  });
}

export interface DrainOptions {
  /** How long to go on accepting connections, so that the balancer can notice that this replica is not ready any more. */
  readonly delayMs: number;
  /** How long requests in flight may take to finish then; what is left after that is cut. */
  readonly graceMs: number;
  /** Called right before that. */
  readonly onCut?: (() => void) | undefined;
}

/**
 * Stops without losing a request: goes on accepting for a while and asks clients to close their connections; then stops
 * listening, and finishes what is in flight. Idle connections are closed only when the listener is: before, a client may just
 * be sending on one.
 */
export async function drain(server: Server, { delayMs, graceMs, onCut }: DrainOptions): Promise<void> {
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
  if (delayMs > 0) await sleep(delayMs);
  await close(server, graceMs, onCut);
}

/** Stops listening and waits for requests in flight, at most `graceMs`; the rest is terminated, after `onCut`. */
export function close(server: Server, graceMs: number, onCut: () => void = () => {}): Promise<void> {
  return new Promise((resolve) => {
    let onClosed = resolve;
    const timer = setTimeout(() => {
      // Connections emit `close` later than the server, at the end of this turn of the event loop. The next but one is after it.
      onClosed = () => void setImmediate(() => setImmediate(resolve));
      onCut();
      server.closeAllConnections();
    }, graceMs);
    // A kept-alive connection becomes idle only when its request in flight is answered.
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    server.close(() => {
      clearTimeout(timer);
      clearInterval(sweep);
      onClosed();
    });
  });
}

/** Answers what Node itself refuses as the gateway refuses requests: with a code, a message and the headers of every answer. */
function answerClientErrors(server: Server): void {
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

interface SlowClientOptions {
  /** How long a client may take none of an answer that is written. @default 60000 */
  readonly unreadMs: number;
  /** How often that is looked for. @default 10000 */
  readonly checkMs: number;
}

/**
 * Closes connections whose clients do not read their responses, which would stay in memory for ever. A client that reads slowly is
 * not affected, nor is one that waits for its response. The time of a connection is set only when it is seen with something unread: a
 * time for each request, as `server.timeout` is, would cost each request.
 */
function closeUnread(server: Server, { unreadMs, checkMs }: SlowClientOptions): void {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const looking = setInterval(() => {
    // Node takes that time away itself with the end of the answer, and counts it from whatever goes out.
    for (const socket of sockets) if (socket.writableLength > 0 && !socket.timeout) socket.setTimeout(unreadMs);
  }, checkMs);
  looking.unref();
  server.once('close', () => clearInterval(looking));
}
