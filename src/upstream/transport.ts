import { isAscii, isUtf8, transcode } from 'node:buffer';
import { createRequire } from 'node:module';
import type { Dispatcher, Agent as UndiciAgent, Pool as UndiciPool } from 'undici';
import { GatewayError } from '../errors.ts';
import type { CancelSignal } from '../policies/cancel.ts';

type Undici = typeof import('undici');

const load = createRequire(import.meta.url);

/**
 * The parts of undici that are used. Its index loads ten times as many modules, among them a whole `fetch` and its mocks, which
 * takes 40 ms of every start. The version is pinned: where such a part has moved, nothing starts.
 */
const Agent = load('undici/lib/dispatcher/agent.js') as Undici['Agent'];
const Pool = load('undici/lib/dispatcher/pool.js') as Undici['Pool'];
const { kParser, kSocket } = load('undici/lib/core/symbols.js') as Record<'kParser' | 'kSocket', symbol>;
const errors = load('undici/lib/core/errors.js') as Undici['errors'];

/** All of it: a proxy needs parts of undici that only its index puts together. */
const loadUndici = (): Undici => load('undici') as Undici;

export interface TransportOptions {
  /** Where the user API lives, with an optional path prefix: `https://project.feishu.cn`. Redirects are never followed. */
  baseUrl: string;
  /** Proxies towards the user API, as in the variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY. @default none */
  proxy?: ProxyOptions | undefined;
  /** Calls in flight, and so connections. @default no limit */
  maxConnections?: number | undefined;
  /** Largest body accepted, in bytes. 100 people need about 60 KB. @default 4 MiB */
  maxResponseBytes?: number | undefined;
}

export interface ProxyOptions {
  httpProxy?: string | undefined;
  httpsProxy?: string | undefined;
  noProxy?: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Transport {
  /**
   * POSTs JSON and reads the whole answer, whatever its status.
   * @param signal the one deadline over connecting, sending, waiting and reading. A body that drips never trips a socket timeout.
   * @throws GatewayError UPSTREAM_UNAVAILABLE where no answer arrived, UPSTREAM_BAD_RESPONSE where it is not HTTP or too
   *   large; the signal's own reason where that aborted.
   */
  postJson(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: unknown,
    signal: CancelSignal,
  ): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** How long a proxy may take to open a way to the user API: as long as undici lets connecting take, 10 s. */
const TUNNEL_TIMEOUT_MS = 10_000;

export function createTransport(options: TransportOptions): Transport {
  const { origin, pathname } = new URL(options.baseUrl);
  const prefix = pathname.replace(/\/+$/, '');
  const dispatcher = createDispatcher(options);
  return {
    async postJson(path, headers, body, signal) {
      try {
        const request: Dispatcher.DispatchOptions = {
          origin,
          path: prefix + path,
          method: 'POST',
          // Without `identity` a proxy may compress the answer.
          headers: {
            ...headers,
            'content-type': 'application/json',
            accept: 'application/json',
            'accept-encoding': 'identity',
          },
          body: JSON.stringify(body),
        };
        return await readAnswer((handler) => dispatcher.dispatch(request, handler), signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw toGatewayError(error);
      }
    },
    close: () => dispatcher.destroy(),
  };
}

/** The host and address in undici's messages stay in `cause`: they are no client's business. */
function toGatewayError(cause: unknown): GatewayError {
  const isUnreadable =
    cause instanceof errors.HTTPParserError ||
    cause instanceof errors.HeadersOverflowError ||
    cause instanceof errors.ResponseExceededMaxSizeError ||
    cause instanceof errors.ResponseContentLengthMismatchError;
  return isUnreadable
    ? new GatewayError('UPSTREAM_BAD_RESPONSE', 'The answer of the user API is too large or is not HTTP.', { cause })
    : new GatewayError('UPSTREAM_UNAVAILABLE', 'The user API could not be reached, or broke off its answer.', {
        cause,
      });
}

function createDispatcher(options: TransportOptions): Dispatcher {
  const agentOptions: UndiciAgent.Options = {
    // The caller's signal is the one deadline; these two would only cut long deadlines short.
    headersTimeout: 0,
    bodyTimeout: 0,
    connections: options.maxConnections ?? null,
    maxResponseSize: options.maxResponseBytes ?? 4 * 1024 * 1024,
    factory: (origin, poolOptions) => skippingContinue(new Pool(origin, poolOptions)),
  };
  const { httpProxy, httpsProxy, noProxy } = options.proxy ?? {};
  if (!httpProxy && !httpsProxy) return new Agent(agentOptions);
  const { EnvHttpProxyAgent } = loadUndici();
  // undici reads the environment for whatever is undefined here; "" keeps configuration in one place.
  return new EnvHttpProxyAgent({
    ...agentOptions,
    httpProxy: httpProxy ?? '',
    httpsProxy: httpsProxy ?? '',
    noProxy: noProxy ?? '',
    // A tunnel that is not open yet belongs to no call, so no deadline ends it. Without this a proxy that has recovered since would hold it,
    // and one of the connections, for 300 s.
    clientFactory: (origin, client) =>
      withProxyErrors(new Pool(origin, { ...client, headersTimeout: TUNNEL_TIMEOUT_MS })),
  });
}

/** The connection to the user API failed at the proxy. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** What the proxy answered in place of opening a tunnel; `undefined` where it was not reached. */
  readonly status: number | undefined;

  constructor(status: number | undefined, cause?: unknown) {
    super(status === undefined ? 'The proxy was not reached.' : `The proxy answered ${status}.`, { cause });
    this.status = status;
  }
}

/** True for calls that failed at the proxy. */
export const isProxyFailure = (error: unknown): boolean =>
  error instanceof GatewayError && error.cause instanceof ProxyError;

/** @param proxy connections to the proxy, which undici asks for tunnels. @returns the same, whose failures are ProxyErrors. */
function withProxyErrors(proxy: UndiciPool): UndiciPool {
  const open = proxy.connect.bind(proxy);
  const connect = async (options: Dispatcher.ConnectOptions) => {
    const tunnel = await open(options).catch((cause: unknown) => {
      throw new ProxyError(undefined, cause);
    });
    if (tunnel.statusCode === 200) return tunnel;
    tunnel.socket.on('error', () => {}).destroy();
    throw new ProxyError(tunnel.statusCode);
  };
  return Object.assign(proxy, { connect });
}

interface HttpParser {
  onHeadersComplete(status: number, ...more: unknown[]): number;
}

/**
 * undici cuts the connection where `100 Continue` comes unasked; RFC 9110, 15.2, has a client skip any 1xx. It skips the others, so each
 * 100 is given to it as one of them.
 */
function skippingContinue(pool: Dispatcher): Dispatcher {
  return pool.on('connect', (_, targets) => {
    const client = targets.at(-1) as unknown as Record<symbol, Record<symbol, HttpParser>>;
    const parser = client[kSocket]?.[kParser];
    if (!parser) return;
    const { onHeadersComplete } = parser;
    parser.onHeadersComplete = (status, ...more) =>
      onHeadersComplete.call(parser, status === 100 ? 102 : status, ...more);
  });
}

/**
 * Reads one whole response. undici's own `request` makes a stream of it first, and listens to AbortSignals.
 * @param dispatch passes a request to undici.
 * @throws what undici fails with; the signal's own reason where that aborts, at once, whatever the request waits for.
 */
export function readAnswer(
  dispatch: (handler: Dispatcher.DispatchHandler) => void,
  signal: CancelSignal,
): Promise<HttpAnswer> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    let headers: HttpAnswer['headers'] = {};
    let chunks = new BodyChunks();
    const onAbort = () => {
      // Without a connection there is nothing to abort yet: onRequestStart does it.
      controller?.abort(signal.reason as Error);
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort);

    dispatch({
      onRequestStart(one) {
        if (signal.aborted) one.abort(signal.reason as Error);
        else controller = one;
      },
      onResponseStart(_, statusCode, received) {
        // Also for each 1xx; the last is the final response.
        status = statusCode;
        headers = received;
        chunks = new BodyChunks();
      },
      onResponseData(_, chunk) {
        chunks.add(chunk);
      },
      onResponseEnd() {
        signal.removeEventListener('abort', onAbort);
        resolve({ status, headers, body: chunks.joined() });
      },
      onResponseError(_, error) {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      },
    });
  });
}

/** Chunks that are kept as they came: each is an object that takes a hundred bytes of its own, whatever it holds. */
const MOST_CHUNKS = 32;

/**
 * The bytes of a body as they arrive. Most bodies come in one piece or two; one that comes byte by byte takes a few times its length
 * at most, and each of its bytes is copied a few times.
 */
class BodyChunks {
  #chunks: Buffer[] = [];
  /** What came before `#chunks`, with room for as much again. */
  #begin: Buffer = NOTHING;
  #beginLength = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    if (this.#chunks.length > MOST_CHUNKS) this.#gather();
  }

  /** All bytes so far. */
  joined(): Buffer {
    const [first] = this.#chunks;
    if (this.#beginLength === 0) return first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    this.#gather();
    return this.#begin.subarray(0, this.#beginLength);
  }

  #gather(): void {
    const length = this.#chunks.reduce((sum, chunk) => sum + chunk.length, this.#beginLength);
    if (length > this.#begin.length) {
      const roomy = Buffer.allocUnsafe(2 * length);
      this.#begin.copy(roomy, 0, 0, this.#beginLength);
      this.#begin = roomy;
    }
    for (const chunk of this.#chunks) this.#beginLength += chunk.copy(this.#begin, this.#beginLength);
    this.#chunks = [];
  }
}

const NOTHING = Buffer.alloc(0);

/**
 * The text of a body, without a mark at its beginning that says UTF-8. What is malformed is replaced by U+FFFD, as everywhere.
 * A name in Chinese must not cost more than all else: Node 20 takes ten times as long for a text that holds one as for one that
 * holds none, and a fraction of that on the way through UTF-16.
 */
export function bodyText(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString('latin1');
  const text = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  return isUtf8(text) ? transcode(text, 'utf8', 'utf16le').toString('utf16le') : text.toString('utf8');
}
