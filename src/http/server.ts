import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerClientErrors } from './client-errors.ts';
import { closeUnread, type SlowClientOptions } from './slow-clients.ts';

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

/** Without them a few clients that stand still could hold all connections, and the memory behind them. */
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
 * @returns the address people can open.
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

/** Stops listening and waits for what is in flight, at most `graceMs`; then what is left is cut, and has been told so. */
export function close(server: Server, graceMs: number, onCut: () => void = () => {}): Promise<void> {
  return new Promise((resolve) => {
    let onClosed = resolve;
    const timer = setTimeout(() => {
      // Connections tell of their end later than the server: when the turn of the event loop ends. The next but one is after it.
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
