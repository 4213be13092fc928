import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Tells answers when their client goes away that wait behind another on the same connection. Node tells that one only, which has the
 * connection; the others would be made for nobody, and with calls of the quota.
 * @returns to be called for each request, before it is answered. Does nothing for one that waits behind none, as nearly all do.
 */
export function createQueuedAnswers(): (request: IncomingMessage, response: ServerResponse) => void {
  const queues = new WeakMap<Socket, Set<ServerResponse>>();

  return (request, response) => {
    if (response.socket !== null) return;
    const queue = queues.get(request.socket) ?? begin(request.socket);
    queue.add(response);
    response.once('close', () => queue.delete(response));
  };

  /** One listener for each connection: of one for each request Node would think that they leak. */
  function begin(socket: Socket): Set<ServerResponse> {
    const queue = new Set<ServerResponse>();
    queues.set(socket, queue);
    socket.once('close', () => {
      for (const response of queue) if (response.socket === null && !response.destroyed) close(response);
    });
    return queue;
  }
}

/** As Node does it with the one that has the connection. */
function close(response: ServerResponse): void {
  response.destroyed = true;
  response.emit('close');
}
