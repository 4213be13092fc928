import type { IncomingMessage } from 'node:http';

/** Headers of a request: those of the Fetch API, or Node's in the same form. */
export interface AskedHeaders {
  /** @param name in lower case. @returns `null` where it was not sent. */
  get(name: string): string | null;
  keys(): Iterable<string>;
}

/** `x-lookup-cache: refresh` bypasses the cache, like `Cache-Control: no-cache`. */
export const bypassesCache = (headers: AskedHeaders): boolean => headers.get('x-lookup-cache') === 'refresh';

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
