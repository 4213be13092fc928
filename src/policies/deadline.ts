import type { CancelSignal } from './cancel.ts';

/**
 * Settles like `promise`, unless `signal` aborts first: then rejects with the signal's reason at once.
 * The promise itself continues, so several callers with deadlines of their own can share it.
 */
export function untilAborted<T>(promise: Promise<T>, signal: CancelSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => {});
    return Promise.reject(signal.reason);
  }
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
