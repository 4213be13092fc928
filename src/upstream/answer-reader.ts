import type { Dispatcher } from 'undici';
import type { CancelSignal } from '../policies/cancel.ts';
import type { HttpAnswer } from './transport.ts';

/** Hands a request to undici. */
type Dispatch = (handler: Dispatcher.DispatchHandler) => void;

/**
 * Reads one whole answer. undici's own `request` makes a stream of it first, and listens to AbortSignals.
 * @throws what undici fails with; the signal's own reason where that aborts, at once, whatever the request is waiting for.
 */
export function readAnswer(dispatch: Dispatch, signal: CancelSignal): Promise<HttpAnswer> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    let headers: HttpAnswer['headers'] = {};
    let chunks: Buffer[] = [];
    const onAbort = () => {
      // Where there is no connection yet, there is nothing to end: see below.
      controller?.abort(signal.reason as Error);
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort);

    const fail = (error: unknown) => {
      signal.removeEventListener('abort', onAbort);
      reject(error);
    };

    dispatch({
      onRequestStart(one) {
        if (signal.aborted) one.abort(signal.reason as Error);
        else controller = one;
      },
      onResponseStart(_, statusCode, received) {
        // Also for each "wait, there is more to come"; the last is the answer.
        status = statusCode;
        headers = received;
        chunks = [];
      },
      onResponseData(_, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        signal.removeEventListener('abort', onAbort);
        resolve({ status, headers, body: joined(chunks) });
      },
      onResponseError(_, error) {
        fail(error);
      },
    });
  });
}

/** Most answers come in one piece. */
function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return first && chunks.length === 1 ? first : Buffer.concat(chunks);
}
