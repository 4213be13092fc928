import type { ServerResponse } from 'node:http';
import type { HangUp } from '../directory/hang-up.ts';

/** Tells when the client of an answer goes away before it has it. Next to nothing where nobody listens, other than an AbortSignal. */
export class ResponseHangUp implements HangUp {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get aborted(): boolean {
    return this.#response.destroyed && !this.#response.writableFinished;
  }

  addEventListener(_type: 'abort', onHangUp: () => void): void {
    this.#response.once('close', onHangUp);
  }

  removeEventListener(_type: 'abort', onHangUp: () => void): void {
    this.#response.off('close', onHangUp);
  }
}
