import type { Worker } from 'node:cluster';

/** A connection to another process of this machine. What arrives may be anything, and is not only for one listener. */
export interface Wire {
  /** Where the other process is gone, nothing happens. */
  send(message: unknown): void;
  /** @returns how to stop listening. */
  listen(onMessage: (message: unknown) => void): () => void;
}

/** From a worker to the primary that started it. */
export function wireToPrimary(): Wire {
  return {
    send: (message) => void process.send?.(message, undefined, undefined, ignoreGone),
    listen(onMessage) {
      process.on('message', onMessage);
      return () => void process.off('message', onMessage);
    },
  };
}

/** From the primary to one of its workers. */
export function wireToWorker(worker: Worker): Wire {
  return {
    send: (message) => void worker.send(message as object, ignoreGone),
    listen(onMessage) {
      worker.on('message', onMessage);
      return () => void worker.off('message', onMessage);
    },
  };
}

/** The end of the other process is told as such; a message that does not get there is part of it. */
const ignoreGone = () => {};
