import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Node server for a gateway, not yet listening. */
export function createServer(gateway: { readonly requestListener: RequestListener }): Server {
  return createHttpServer(gateway.requestListener);
}

/**
 * Starts listening.
 * @returns the address people can open.
 * @throws Error that says what to change where the port is taken or not allowed.
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
      reject(new Error(`Cannot listen on ${host}:${port}: ${reason}.`));
    });
    server.listen(port, host, () => {
      const bound = server.address() as AddressInfo;
      const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
      resolve(`http://${name}:${bound.port}`);
    });
  });
}

/** Stops listening and waits for what is in flight, at most `graceMs`; then what is left is cut. */
export function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    // A kept-alive connection becomes idle only when its request in flight is answered.
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    server.close(() => {
      clearTimeout(timer);
      clearInterval(sweep);
      resolve();
    });
  });
}
