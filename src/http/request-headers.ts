import type { IncomingMessage } from 'node:http';

/** Headers of a request: those of the Fetch API, or Node's in the same form. */
export interface AskedHeaders {
  /** @param name in lower case. @returns `null` where it was not sent. */
  get(name: string): string | null;
  keys(): Iterable<string>;
}

/** `x-lookup-cache: refresh` asks the user API even for people that are in memory, like `Cache-Control: no-cache`. */
export const wantsFreshPeople = (headers: AskedHeaders): boolean => headers.get('x-lookup-cache') === 'refresh';

/** `x-lookup-receipt: true` wants to know what answering took. */
export const wantsReceipt = (headers: AskedHeaders): boolean => headers.get('x-lookup-receipt') === 'true';

/** Node's headers as the Fetch API shows them. */
export class NodeHeaders implements AskedHeaders {
  readonly #headers: IncomingMessage['headers'];

  constructor({ headers }: IncomingMessage) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    const value = this.#headers[name];
    return Array.isArray(value) ? value.join(', ') : (value ?? null);
  }

  keys(): string[] {
    return Object.keys(this.#headers);
  }
}
