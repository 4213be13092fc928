import { type Agent, type IncomingMessage, request } from 'node:http';
import type { Sent } from '../http/fast-path/requests.ts';
import type { Answered } from '../http/fast-path/response.ts';

type OnTheWire = Pick<Answered, 'status' | 'headers' | 'body'>;

/** Where a gateway listens, on 127.0.0.1. */
export interface Wire {
  readonly port: number;
  readonly agent: Agent;
  /** User access tokens by the person whose they are. */
  readonly tokens: ReadonlyMap<string, string>;
}

/** Sends a request as it stands, which `fetch` would not. @returns the answer; with status 0 where there is none. */
export function answerOf(
  { port, agent, tokens }: Wire,
  sent: Pick<Sent, 'method' | 'path' | 'headers' | 'body' | 'isChunked' | 'userToken'>,
): Promise<OnTheWire> {
  const { method, path, body, isChunked, userToken } = sent;
  const token = userToken === undefined ? undefined : (tokens.get(userToken) ?? userToken);
  const bytes = body === undefined ? undefined : Buffer.from(body as string);
  const headers = {
    ...sent.headers,
    ...(bytes && !isChunked && { 'content-length': String(bytes.length) }),
    ...(token !== undefined && { 'x-lark-user-token': token }),
  };
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) =>
      resolve({ status: 0, headers: [], body: Buffer.from(`${error.code}`) });
    const message = request({ host: '127.0.0.1', port, agent, method, path, headers }, (response) => {
      void read(response).then(resolve, failed);
    });
    message.on('error', failed);
    if (isChunked && bytes) message.write(bytes.subarray(0, bytes.length >> 1));
    message.end(isChunked ? bytes?.subarray(bytes.length >> 1) : bytes);
  });
}

async function read(response: IncomingMessage): Promise<OnTheWire> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { rawHeaders } = response;
  const headers = rawHeaders.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1] ?? '']] : [],
  );
  return { status: response.statusCode ?? 0, headers, body: Buffer.concat(chunks) };
}
