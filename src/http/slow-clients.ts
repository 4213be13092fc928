import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export interface SlowClientOptions {
  /** How long a client may take none of an answer that is written. @default 60000 */
  readonly unreadMs: number;
  /** How often that is looked for. @default 10000 */
  readonly checkMs: number;
}

/**
 * Closes connections whose clients do not take their answers, which would stay in memory for ever. A client that takes its answer
 * slowly is left alone, as is one that waits for it. The time of a connection is set only when it is seen with something unread: a
 * time for each request, as `server.timeout` is, would cost each request.
 */
export function closeUnread(server: Server, { unreadMs, checkMs }: SlowClientOptions): void {
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
