import type { ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import type { FetchAPI } from 'graphql-yoga';
import { SECURITY_HEADERS } from './response-headers.ts';
import { processRegularResult } from './yoga-library.ts';

export interface Encoded {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Yoga's own rules for what errors and extensions make of status and headers. Without them there is nothing to decide. */
export function encode(result: ExecutionResult, contentType: string): Encoded {
  if (!result.errors && !result.extensions) {
    return { status: 200, headers: { 'content-type': contentType }, body: JSON.stringify(result) };
  }
  const mediaType = contentType.split(';')[0] ?? contentType;
  const { body, init } = processRegularResult(result, CAPTURE, mediaType) as unknown as CapturedResponse;
  return { ...init, body };
}

/** Stands in for the Response of the Fetch API, whose body could only be awaited. */
class CapturedResponse {
  readonly body: string;
  readonly init: Omit<Encoded, 'body'>;

  constructor(body: string, init: CapturedResponse['init']) {
    this.body = body;
    this.init = init;
  }
}

const CAPTURE = { Response: CapturedResponse } as unknown as FetchAPI;
/** Flat, as Node takes headers without looking at them again. */
const ON_EVERY_RESPONSE: readonly string[] = Object.entries(SECURITY_HEADERS).flat();
/** In characters. Of a longer body Node makes copies to count its bytes, and to write the head before it. */
const LONG = 2_048;

export function write(
  response: ServerResponse,
  { status, headers, body }: Encoded,
  more: readonly string[],
  cors: Readonly<Record<string, string>> | undefined,
): void {
  const content = body.length > LONG ? Buffer.from(body) : body;
  const length = String(typeof content === 'string' ? Buffer.byteLength(content) : content.length);
  const all = ['content-length', length, ...more, ...ON_EVERY_RESPONSE];
  for (const name in headers) all.push(name, headers[name] ?? '');
  for (const name in cors) all.push(name, cors[name] ?? '');
  response.writeHead(status, all);
  response.end(content);
}
