import type { ServerResponse } from 'node:http';
import type { HangUp } from '../directory/hang-up.ts';

/** Tells when the client of an answer goes away before it has it. Next to nothing where nobody listens, other than an AbortSignal. */
export function hangUpOf(response: ServerResponse): HangUp {
  return {
    get aborted() {
      return response.destroyed && !response.writableFinished;
    },
    addEventListener: (_type, onHangUp) => void response.once('close', onHangUp),
    removeEventListener: (_type, onHangUp) => void response.off('close', onHangUp),
  };
}
