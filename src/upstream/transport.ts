import type { Dispatcher, Agent as UndiciAgent } from 'undici';
import { GatewayError } from '../errors.ts';
import type { CancelSignal } from '../policies/cancel.ts';
import { readAnswer } from './answer-reader.ts';
import { withProxyErrors } from './proxy-error.ts';
import { Agent, errors, kParser, kSocket, loadUndici, Pool } from './undici-parts.ts';

export interface TransportOptions {
  /** Where the user API lives, with an optional path prefix: `https://project.feishu.cn`. Redirects are never followed. */
  baseUrl: string;
  /** Proxies towards the user API, as in the variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY. @default none */
  proxy?: ProxyOptions | undefined;
  /** Calls under way at once, and so connections. @default no limit */
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
    // A way that is not there yet belongs to no call, so no deadline ends it. Without this it would be held for 300 s, and with it one of
    // the connections, by a proxy that has long been well again.
    clientFactory: (origin, client) =>
      withProxyErrors(new Pool(origin, { ...client, headersTimeout: TUNNEL_TIMEOUT_MS })),
  });
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
