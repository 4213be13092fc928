import type { ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { type FetchAPI, processRegularResult } from 'graphql-yoga';
import { SECURITY_HEADERS } from '../http/security-headers.ts';

export interface SentResult {
  readonly requestId: string;
  /** Beside those that every answer has. @default none */
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** True where other sites may read answers: caches have to tell them apart. */
  readonly variesByOrigin: boolean;
}

/** What Yoga would make of a result. */
export interface EncodedResult {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Flat, as Node takes headers without another look at them. */
const ON_EVERY_ANSWER: readonly string[] = Object.entries(SECURITY_HEADERS).flat();

/** In characters. */
const LONG = 2_048;

/**
 * Yoga's own rules tell what errors make of status and headers. Without any there is nothing to decide.
 * @param contentType as Yoga would say it: `application/json; charset=utf-8`.
 */
export function encodeResult(result: ExecutionResult, contentType: string): EncodedResult {
  if (!result.errors && !result.extensions) {
    return { status: 200, headers: { 'content-type': contentType }, body: JSON.stringify(result) };
  }
  const mediaType = contentType.split(';')[0] ?? contentType;
  const { body, init } = processRegularResult(result, CAPTURES, mediaType) as unknown as CapturedResponse;
  return { ...init, body };
}

export function sendResult(response: ServerResponse, { status, headers, body }: EncodedResult, sent: SentResult): void {
  // Of a long text Node would make copies to count its bytes, and to put the head before it.
  const content = body.length > LONG ? Buffer.from(body) : body;
  const length = String(Buffer.byteLength(content));
  const all = ['content-length', length, 'x-request-id', sent.requestId, ...ON_EVERY_ANSWER];
  for (const name in headers) all.push(name, headers[name] ?? '');
  for (const name in sent.headers) all.push(name, sent.headers[name] ?? '');
  if (sent.variesByOrigin) all.push('vary', 'origin');
  response.writeHead(status, all);
  response.end(content);
}

/** Stands in for the Response of the Fetch API, whose body could only be waited for. */
class CapturedResponse {
  readonly body: string;
  readonly init: { readonly status: number; readonly headers: Readonly<Record<string, string>> };

  constructor(body: string, init: CapturedResponse['init']) {
    this.body = body;
    this.init = init;
  }
}

const CAPTURES = { Response: CapturedResponse } as unknown as FetchAPI;
