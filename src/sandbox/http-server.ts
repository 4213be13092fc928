import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface HttpServer {
  /** Without a slash at the end; a wildcard host is named by its loopback address. */
  readonly url: string;
  /** From here on every request goes to this listener. */
  serve(listener: RequestListener): void;
  /**
   * Stops listening, ends connections without a request under way at once, the others after their reply; what is still
   * open after `graceMs` is cut off.
   */
  close(graceMs: number): Promise<void>;
}

/** @throws Error when the address cannot be listened on. */
export async function listen(host: string, port: number): Promise<HttpServer> {
  const server = createServer({ requestTimeout: 60_000 });
  // None is dropped unseen: Node bounds their bytes.
  server.maxHeadersCount = 0;
  await startListening(server, host, port);
  // Node's closeIdleConnections leaves out connections which have not sent a request yet: count for ourselves.
  const requestsUnderWay = new Map<Socket, number>();
  let closed: Promise<void> | undefined;

  const change = (socket: Socket, by: number): void => {
    const count = requestsUnderWay.get(socket);
    if (count === undefined) return;
    requestsUnderWay.set(socket, count + by);
    if (closed && count + by <= 0) socket.destroySoon();
  };

  server.on('connection', (socket: Socket) => {
    requestsUnderWay.set(socket, 0);
    socket.once('close', () => requestsUnderWay.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    change(socket, 1);
    response.once('close', () => change(socket, -1));
  });

  return {
    url: urlOf(host, (server.address() as AddressInfo).port),
    serve: (listener) => void server.on('request', listener),
    close: (graceMs) => {
      closed ??= new Promise((resolve) => {
        const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(cutOff);
          resolve();
        });
        for (const [socket, count] of requestsUnderWay) if (count === 0) socket.destroySoon();
      });
      return closed;
    },
  };
}

function startListening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'another program listens there' : cause.code;
      const advice = 'Choose another port, or 0 for any free one.';
      reject(new Error(`The sandbox cannot listen on ${host}:${port}: ${reason}. ${advice}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

function urlOf(host: string, port: number): string {
  const loopback: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const name = loopback[host] ?? host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
