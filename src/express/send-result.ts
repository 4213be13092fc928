import type { ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import type { FetchAPI } from 'graphql-yoga';
import { SECURITY_HEADERS } from '../http/security-headers.ts';
import { processRegularResult } from '../http/yoga-library.ts';
import type { WrittenData } from './write-data.ts';

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
  /** Of the body: with `latin1` each character is a byte. */
  readonly encoding: 'utf8' | 'latin1';
}

/** What is answered, with its data as JSON. Without errors. */
export interface WrittenResult extends WrittenData {
  readonly extensions: ExecutionResult['extensions'] | undefined;
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
    return { status: 200, headers: { 'content-type': contentType }, body: JSON.stringify(result), encoding: 'utf8' };
  }
  const mediaType = contentType.split(';')[0] ?? contentType;
  const { body, init } = processRegularResult(result, CAPTURES, mediaType) as unknown as CapturedResponse;
  return { ...init, body, encoding: 'utf8' };
}

/** The same for what is written already. */
export function encodeWritten({ written, extensions }: WrittenResult, contentType: string): EncodedResult {
  const begin = `{"data":${written}`;
  if (!extensions) {
    return { status: 200, headers: { 'content-type': contentType }, body: `${begin}}`, encoding: 'latin1' };
  }
  const rest = encodeResult({ data: null, extensions }, contentType);
  const end = Buffer.from(rest.body.slice('{"data":null'.length)).toString('latin1');
  return { ...rest, body: begin + end, encoding: 'latin1' };
}

export function sendResult(
  response: ServerResponse,
  { status, headers, body, encoding }: EncodedResult,
  sent: SentResult,
): void {
  // Of a long text Node would make copies to count its bytes, and to put the head before it.
  const content = body.length > LONG ? Buffer.from(body, encoding) : body;
  const length = String(typeof content === 'string' ? Buffer.byteLength(content, encoding) : content.length);
  const all = ['content-length', length, 'x-request-id', sent.requestId, ...ON_EVERY_ANSWER];
  for (const name in headers) all.push(name, headers[name] ?? '');
  for (const name in sent.headers) all.push(name, sent.headers[name] ?? '');
  if (sent.variesByOrigin) all.push('vary', 'origin');
  response.writeHead(status, all);
  response.end(content, encoding);
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
