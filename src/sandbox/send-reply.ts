import type { ServerResponse } from 'node:http';
import type { Reply } from './reply.ts';

/** Sends a reply; a HEAD request gets its headers only. */
export function sendReply(response: ServerResponse, { status, headers, body }: Reply): void {
  const { bytes, contentType } = encodeBody(body);
  response.statusCode = status;
  response.setHeader('content-type', contentType);
  response.setHeader('content-length', bytes.byteLength);
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  response.end(bytes);
}

/** A reply's body as it goes out, and the content type it has unless its headers name another. */
export function encodeBody(body: unknown): { readonly bytes: Buffer; readonly contentType: string } {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  return {
    bytes: Buffer.from(isRaw ? body : (JSON.stringify(body) ?? 'null')),
    contentType: isRaw ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
  };
}
