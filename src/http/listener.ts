import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { failures, GatewayError } from '../errors.ts';
import { USER_TOKEN_HEADER } from '../upstream/user-token.ts';
import { type Cors, isPreflight } from './browsers/cors.ts';
import { isLoopbackHost } from './callers/caller.ts';
import { type EarlyRefusal, type HttpHandler, refusalResponse, sendRefusal } from './refusal.ts';
import { NodeHeaders } from './request-headers.ts';

export interface ListenerOptions {
  /** Only requests of this machine are answered. */
  readonly isLoopbackOnly: boolean;
  /** Scripts of its origins can read why they are refused. */
  readonly cors: Pick<Cors, 'headersFor'>;
  onRefused(refused: EarlyRefusal): void;
}

/**
 * What each request passes before the fast path and Yoga. Requests are refused whose header lines, `Host` or target routers, proxies
 * and URL parsers read in different ways, so that the target alone decides where a request goes: Yoga puts scheme, `Host` and target
 * together into a URL, and goes by the path of that.
 *
 * Where callers are not authenticated, only requests for names of this machine are answered. A page of another site can make its own
 * host name mean 127.0.0.1, and then read answers as if they came from that site (DNS rebinding); the `Host` header still has the name
 * that the browser was given. What a proxy forwards can come from anywhere. Preflights are answered, so that scripts of allowed origins
 * can read the refusal of what they send then.
 */
export function createListener(
  handler: HttpHandler,
  { isLoopbackOnly, cors, onRefused }: ListenerOptions,
): HttpHandler {
  const closeWithConnection = createQueuedResponses();
  /** The latest that passed: most requests are for the same. */
  let knownHost = '';

  return {
    async fetch(request) {
      const { method, headers, url } = request;
      if (!isLoopbackOnly || isPreflight(method, headers)) return handler.fetch(request);
      if (isLoopbackHost(new URL(url).host) && !FORWARDED.some((name) => headers.has(name)))
        return handler.fetch(request);
      onRefused({ method, ...FOREIGN });
      return refusalResponse(foreignHost(), cors.headersFor(headers)).inTypeFor(request);
    },
    requestListener(request, response) {
      if (response.socket === null) closeWithConnection(request.socket, response);
      const refusal = refuseHeaderLines(request) ?? refuseHost(request, knownHost) ?? refuseTarget(request);
      if (refusal) {
        const { status, error } = refusal;
        onRefused({ method: request.method, status, code: error.code });
        return sendRefusal(response, error, status);
      }
      const { headers } = request;
      const { host = '' } = headers;
      if (isLoopbackOnly && (isForwarded(headers) || (host !== knownHost && !isLoopbackHost(host)))) {
        return refuseForeign(request, response);
      }
      knownHost = host;
      return handler.requestListener(request, response);
    },
  };

  function refuseForeign(request: IncomingMessage, response: ServerResponse & { req: IncomingMessage }): void {
    const headers = new NodeHeaders(request);
    if (isPreflight(request.method, headers)) handler.requestListener(request, response);
    else {
      onRefused({ method: request.method, ...FOREIGN });
      sendRefusal(response, foreignHost(), undefined, cors.headersFor(headers));
    }
  }
}

interface Refusal {
  readonly status: number;
  readonly error: GatewayError;
}

const refusal = (message: string, status = 400): Refusal => ({
  status,
  error: new GatewayError('BAD_USER_INPUT', message),
});

/** Node's default of `maxHeadersCount`, in `_http_common.js`: 2,000 names and values. */
const MOST_HEADER_LINES = 1_000;

/** Those that decide who calls and what a request means. Node drops all but the first, or joins them. */
const SINGLE: ReadonlySet<string> = new Set(['host', 'authorization', 'content-type', USER_TOKEN_HEADER]);

function refuseHeaderLines({ rawHeaders, socket }: IncomingMessage): Refusal | undefined {
  // The property is Node's, though not documented.
  const { server } = socket as { readonly server?: Server };
  const most = server?.maxHeadersCount ?? MOST_HEADER_LINES;
  if (most > 0 && rawHeaders.length >= most * 2) {
    return refusal(`Expected fewer than ${most} header lines, got as many or more. Send fewer.`, 431);
  }
  const names = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (!SINGLE.has(name)) continue;
    if (names.has(name)) return refusal(`Expected one header ${name}, got several. Send it once.`);
    names.add(name);
  }
  return undefined;
}

/** A name or an address, and a port: RFC 9110, 7.2, without what no name in DNS has. */
const HOST = /^(?:\[[\da-f:.]+\]|[\w-]+(?:\.[\w-]+)*\.?)(?::\d*)?$/i;

/** The URL parser knows which addresses and ports there are. */
const isHost = (host: string): boolean => HOST.test(host) && URL.canParse(`http://${host}`);

const INVALID_HOST = 'Expected a Host of the form name, name:port or [IPv6]:port, got another value. Correct it.';

function refuseHost({ headers, httpVersion }: IncomingMessage, known: string): Refusal | undefined {
  // HTTP/2 has the first, and Yoga goes by it.
  const { ':authority': authority, host } = headers;
  if (host === known && host !== '' && authority === undefined) return undefined;
  if (host === undefined && authority === undefined && httpVersion === '1.0') return undefined;
  const areHosts = isHost(String(authority ?? host ?? '')) && isHost(host ?? 'localhost');
  return areHosts ? undefined : refusal(INVALID_HOST);
}

/** Frameworks keep the whole target, and name the scheme that a proxy sends. */
interface MountedRequest extends IncomingMessage {
  originalUrl?: string;
  readonly protocol?: unknown;
}

/** Visible ASCII, without a fragment, and in the path without what URL parsers take for a slash. */
const TARGET = /^\/[!"$->@-[\]-~]*(?:\?[!"$-~]*)?$/;

/** Also encoded, and with parameters, which some servers cut off first. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:(?:;|%3b)[^/]*)?(?:\/|$)/i;

const isTarget = (target: string): boolean =>
  TARGET.test(target) && !DOT_SEGMENT.test(target.split('?', 1)[0] ?? target);

function refuseTarget(request: MountedRequest): Refusal | undefined {
  const { headers, url = '', originalUrl, protocol = 'http' } = request;
  const { host } = headers;
  if (!url.startsWith('/')) request.url = takeOriginForm(headers, url);
  if (originalUrl?.startsWith('/') === false) request.originalUrl = takeOriginForm(headers, originalUrl);
  if (headers.host !== host && !isHost(headers.host ?? '')) return refusal(INVALID_HOST);
  if (protocol !== 'http' && protocol !== 'https') {
    return refusal('Expected the scheme http or https, got another. Correct X-Forwarded-Proto.');
  }
  const { url: target = '', originalUrl: whole } = request;
  if (isTarget(target) && (whole === undefined || isTarget(whole))) return undefined;
  return refusal('Expected a path without dot segments, backslashes and fragments, got another target. Correct it.');
}

/** Takes an absolute target apart, as proxies send it. Its authority counts, not the header `Host`: RFC 9112, 3.2.2. */
function takeOriginForm(headers: IncomingHttpHeaders, target: string): string {
  const [, authority, rest = ''] = /^https?:\/\/([^/?#\\]*)(.*)$/is.exec(target) ?? [];
  if (authority === undefined) return target;
  headers.host = authority;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

function isForwarded(headers: IncomingHttpHeaders): boolean {
  for (const name of FORWARDED) if (name in headers) return true;
  return false;
}

const FOREIGN = { status: failures.FORBIDDEN.httpStatus, code: 'FORBIDDEN' } as const;

const foreignHost = () =>
  new GatewayError(
    'FORBIDDEN',
    'This gateway does not authenticate callers, so it answers requests of this machine for localhost, 127.0.0.1 and [::1] only, and none that a proxy passes on. To serve others, set AUTH.',
  );

/**
 * Emits `close` on responses that wait behind another on the same connection when that closes: Node does so only for the one that has
 * the connection. Without it the others would be made after their client has disconnected, with calls of the quota.
 */
function createQueuedResponses(): (connection: Socket, response: ServerResponse) => void {
  const queues = new WeakMap<Socket, Set<ServerResponse>>();

  return (connection, response) => {
    const queue = queues.get(connection) ?? begin(connection);
    queue.add(response);
    response.once('close', () => queue.delete(response));
  };

  /** One listener for each connection: of one for each request Node would warn as of a leak. */
  function begin(connection: Socket): Set<ServerResponse> {
    const queue = new Set<ServerResponse>();
    queues.set(connection, queue);
    connection.once('close', () => {
      for (const response of queue) {
        if (response.socket !== null || response.destroyed) continue;
        // As Node does it with the one that has the connection.
        response.destroyed = true;
        response.emit('close');
      }
    });
    return queue;
  }
}

/** Yoga's server, behind it all. */
export interface YogaServer {
  (request: IncomingMessage, response: ServerResponse): unknown;
  fetch(request: Request): Response | Promise<Response>;
}

/**
 * Yoga with content types as it knows them: the name in lower case, and nothing before the first semicolon. RFC 9110, 8.3.1, lets
 * clients send `APPLICATION/JSON` and `application/json ; charset=utf-8`.
 * @param shortcut answers what it can, and leaves the rest to the listener that it gets.
 */
export function yogaHandler(yoga: YogaServer, shortcut = (listener: RequestListener) => listener): HttpHandler {
  return {
    async fetch(request) {
      const type = request.headers.get('content-type');
      if (type === null || usualType(type) === type) return yoga.fetch(request);
      // The headers of a request that a server has received cannot be changed in each runtime.
      const headers = new Headers(request.headers);
      headers.set('content-type', usualType(type));
      return yoga.fetch(new Request(request, { headers }));
    },
    requestListener: shortcut((request, response) => {
      const type = request.headers['content-type'];
      if (type !== undefined) request.headers['content-type'] = usualType(type);
      void yoga(request, response);
    }),
  };
}

function usualType(type: string): string {
  const [name = '', ...parameters] = type.split(';');
  return [name.trim().toLowerCase(), ...parameters].join(';');
}
