import type { IncomingMessage } from 'node:http';
import { idIn } from './documents/trusted-documents.ts';
import { isTooNested } from './limits/request-limits.ts';

/** The members of a GraphQL request. */
export interface Params {
  readonly query?: unknown;
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly extensions?: unknown;
}

export const NO_VARIABLES = {};
const JSON_TYPES: ReadonlySet<string | undefined> = new Set([
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=utf-8',
  'application/json; charset=UTF-8',
  'application/json;charset=UTF-8',
]);

/**
 * @returns the length of the body of a POST of JSON to /graphql, of a known length: a page of another site cannot send that without a
 *   preflight. `undefined` for any other request.
 */
export function eligibleLength(request: IncomingMessage, maxBodyBytes: number): number | undefined {
  const { method, headers } = request;
  // Below a path of a framework, Yoga goes by the whole path.
  const { originalUrl: url = request.url } = request as { readonly originalUrl?: string };
  // A body parser may have read it.
  if (request.readableFlowing !== null || request.readableDidRead || 'body' in request) return undefined;
  if (method !== 'POST' || url !== '/graphql' || !JSON_TYPES.has(headers['content-type'])) return undefined;
  if (headers['content-encoding'] !== undefined || headers['transfer-encoding'] !== undefined) return undefined;
  const text = headers['content-length'] ?? '';
  const length = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  return length > 0 && length <= maxBodyBytes ? length : undefined;
}

/** Calls back with the whole body, which may be put back with `unshift` at once; or where the client disconnects before. */
export function readWhole(
  request: IncomingMessage,
  length: number,
  onBody: (body: Buffer) => void,
  onDisconnect: () => void,
): void {
  const onReadable = () => {
    const body: Buffer | null = request.read(length);
    // Less, at the end of a body that was cut off.
    if (body === null || body.length < length) return;
    stop();
    onBody(body);
  };
  const onClose = () => {
    stop();
    onDisconnect();
  };
  const stop = () => void request.off('readable', onReadable).off('close', onClose);
  request.on('readable', onReadable).on('close', onClose);
}

/** @returns `undefined` for anything but an operation of the usual members. */
export function parseParams(body: Buffer, isTrusted: boolean): Params | undefined {
  const text = body.toString();
  const params = isTooNested(text) ? undefined : parseJson(text);
  if (!isObject(params)) return undefined;
  for (const name in params) {
    if (name === 'query' || name === 'variables' || name === 'operationName') continue;
    if (name === 'extensions' && isObject(params.extensions)) continue;
    if (name === 'documentId' && isTrusted) continue;
    return undefined;
  }
  const { operationName, variables } = params;
  const isUsual = isObject(variables ?? NO_VARIABLES) && typeof (operationName ?? '') === 'string';
  return isUsual ? params : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function trustedText(params: Params, find: (id: string) => string | undefined): string | undefined {
  const id = idIn(params);
  return params.query || id === null ? undefined : find(id);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
