import type { IncomingMessage, Server } from 'node:http';
import { GatewayError } from '../errors.ts';
import { USER_TOKEN_HEADER } from '../upstream/user-token.ts';
import { type EarlyRefusal, type HttpHandler, sendRefusal } from './refusal.ts';

/** Frameworks keep the whole target, and name the scheme that a proxy has told them. */
interface MountedRequest extends IncomingMessage {
  originalUrl?: string;
  readonly protocol?: unknown;
}

interface Refusal {
  readonly status: number;
  readonly error: GatewayError;
}

const refusal = (message: string, status = 400): Refusal => ({
  status,
  error: new GatewayError('BAD_USER_INPUT', message),
});

/**
 * Refuses requests whose target, `Host` or header lines routers, proxies and URL parsers read in different ways, so that the target
 * alone decides where a request goes: Yoga puts scheme, `Host` and target together into a URL, and goes by the path of that.
 */
export function forReadableHeads(handler: HttpHandler, onRefused: (refused: EarlyRefusal) => void): HttpHandler {
  return {
    fetch: handler.fetch,
    requestListener(request, response) {
      const refused = refuseHeaderLines(request) ?? refuseHost(request) ?? refuseTarget(request);
      if (!refused) return handler.requestListener(request, response);
      const { status, error } = refused;
      onRefused({ method: request.method, status, code: error.code });
      return sendRefusal(response, error, status);
    },
  };
}

/** Node's default of `maxHeadersCount`, in `_http_common.js`: 2,000 names and values. */
const MOST_HEADER_LINES = 1_000;

/** Those that decide who asks and what a request means. Node drops all but the first, or joins them. */
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

function refuseHost({ headers, httpVersion }: IncomingMessage): Refusal | undefined {
  // HTTP/2 has the first, and Yoga goes by it.
  const host = headers[':authority'] ?? headers.host;
  if (host === undefined && httpVersion === '1.0') return undefined;
  return typeof host === 'string' && isHost(host) ? undefined : refusal(INVALID_HOST);
}

/** Visible ASCII, without a fragment, and in the path without what URL parsers take for a slash. */
const TARGET = /^\/[!"$->@-[\]-~]*(?:\?[!"$-~]*)?$/;

/** Also encoded, and with parameters, which some servers cut off first. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:(?:;|%3b)[^/]*)?(?:\/|$)/i;

const isTarget = (target: string): boolean =>
  TARGET.test(target) && !DOT_SEGMENT.test(target.split('?', 1)[0] ?? target);

function refuseTarget(request: MountedRequest): Refusal | undefined {
  const { url = '', originalUrl = url, protocol = 'http' } = request;
  request.url = takeOriginForm(request, url);
  if (request.originalUrl !== undefined) request.originalUrl = takeOriginForm(request, originalUrl);
  if (!isHost(request.headers.host ?? 'localhost')) return refusal(INVALID_HOST);
  if (protocol !== 'http' && protocol !== 'https') {
    return refusal('Expected the scheme http or https, got another. Correct X-Forwarded-Proto.');
  }
  if (isTarget(request.url) && isTarget(request.originalUrl ?? request.url)) return undefined;
  return refusal('Expected a path without dot segments, backslashes and fragments, got another target. Correct it.');
}

/**
 * Takes a target apart that is a whole address, as proxies send it: RFC 9112, 3.2.2, says that it must be accepted, and that its
 * authority counts, whatever the header `Host` says.
 */
function takeOriginForm({ headers }: IncomingMessage, target: string): string {
  const [, authority, rest = ''] = /^https?:\/\/([^/?#\\]*)(.*)$/is.exec(target) ?? [];
  if (authority === undefined) return target;
  headers.host = authority;
  return rest.startsWith('/') ? rest : `/${rest}`;
}
