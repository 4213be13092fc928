import type { ServerResponse } from 'node:http';
import type { Reply } from './reply.ts';

/** Sends a reply; a HEAD request gets its headers only. */
export function sendReply(response: ServerResponse, { status, headers, body }: Reply): void {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const bytes = Buffer.from(isRaw ? body : (JSON.stringify(body) ?? 'null'));
  response.statusCode = status;
  response.setHeader('content-type', isRaw ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8');
  response.setHeader('content-length', bytes.byteLength);
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  response.end(bytes);
}
