import type { IncomingMessage } from 'node:http';

const JSON_TYPES: ReadonlySet<string | undefined> = new Set([
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=utf-8',
  'application/json; charset=UTF-8',
  'application/json;charset=UTF-8',
]);

/**
 * The length of the body of a request that has the usual form: a POST of JSON, to this path and no other, of a known length.
 * A page of another site cannot send that without asking first.
 * @returns `undefined` for any other, which is Yoga's to answer.
 */
export function usualLength(request: IncomingMessage, maxBodyBytes: number): number | undefined {
  const { method, headers } = request;
  // Frameworks that serve it below an address of theirs keep the whole of it so, which is what Yoga goes by.
  const { originalUrl: url = request.url } = request as { readonly originalUrl?: string };
  // Read by somebody before, a body parser say: what is left of it is told in ways that Yoga knows.
  if (request.readableFlowing !== null || request.readableDidRead || 'body' in request) return undefined;
  if (method !== 'POST' || url !== '/graphql' || !JSON_TYPES.has(headers['content-type'])) return undefined;
  if (headers['content-encoding'] !== undefined || headers['transfer-encoding'] !== undefined) return undefined;
  const text = headers['content-length'] ?? '';
  const length = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  return length > 0 && length <= maxBodyBytes ? length : undefined;
}
