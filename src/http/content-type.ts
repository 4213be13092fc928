import type { IncomingMessage } from 'node:http';

/**
 * A content type as Yoga knows them: its name in lower case, and nothing before the first semicolon. RFC 9110, 8.3.1, lets clients
 * write `APPLICATION/JSON` and `application/json ; charset=utf-8`.
 */
export function usualType(type: string): string {
  const [name = '', ...parameters] = type.split(';');
  return [name.trim().toLowerCase(), ...parameters].join(';');
}

/** Writes the content type of Node's request so. */
export function takeUsualType({ headers }: IncomingMessage): void {
  const type = headers['content-type'];
  if (type !== undefined) headers['content-type'] = usualType(type);
}

/** @returns the request itself where it is written so already. */
export function withUsualType(request: Request): Request {
  const type = request.headers.get('content-type');
  if (type === null || usualType(type) === type) return request;
  // Those that a server has received cannot be changed everywhere.
  const headers = new Headers(request.headers);
  headers.set('content-type', usualType(type));
  return new Request(request, { headers });
}
