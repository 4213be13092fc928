import type { Wire } from '../../src/workers/wire.ts';

/** Both ends of a connection between two processes, in this one. What is sent arrives soon, as a copy. */
export function wirePair(): [Wire, Wire] {
  const listeners = [new Set<(message: unknown) => void>(), new Set<(message: unknown) => void>()] as const;
  const end = (own: 0 | 1, other: 0 | 1): Wire => ({
    send(message) {
      const copy = structuredClone(message);
      queueMicrotask(() => {
        for (const listener of listeners[other]) listener(copy);
      });
    },
    listen(onMessage) {
      listeners[own].add(onMessage);
      return () => void listeners[own].delete(onMessage);
    },
  });
  return [end(0, 1), end(1, 0)];
}
