import type { Dispatcher } from 'undici';
import type { CancelSignal } from '../policies/cancel.ts';
import { BodyChunks } from './body-chunks.ts';
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
    let chunks = new BodyChunks();
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
        chunks = new BodyChunks();
      },
      onResponseData(_, chunk) {
        chunks.add(chunk);
      },
      onResponseEnd() {
        signal.removeEventListener('abort', onAbort);
        resolve({ status, headers, body: chunks.joined() });
      },
      onResponseError(_, error) {
        fail(error);
      },
    });
  });
}
