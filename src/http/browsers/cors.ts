import type { YogaServerOptions } from 'graphql-yoga';
import type { Log } from '../../telemetry/log.ts';
import type { AskedHeaders } from '../request-headers.ts';
import { getCORSHeadersByRequestAndOptions } from '../yoga-library.ts';

/** Headers of answers that scripts of other sites may read, beside the few that they always may. */
const EXPOSED = ['x-lookup-stale', 'x-request-id', 'retry-after', 'www-authenticate'];
/** Of this gateway, and of clients and tracing in common use. */
const ALLOWED = [
  'authorization',
  'content-type',
  'x-lark-user-token',
  'x-lookup-cache',
  'x-lookup-receipt',
  'x-graphql-yoga-csrf',
  'apollo-require-preflight',
  'apollographql-client-name',
  'apollographql-client-version',
  'x-apollo-operation-name',
  'traceparent',
  'tracestate',
  'baggage',
];
/** Browsers cache the answer to a preflight for at most two hours. */
const PREFLIGHT_SECONDS = 7_200;

const LOOPBACK = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;

interface CorsOptions {
  /** As browsers send them: `https://app.example.com`. Without any, no header is sent at all. */
  readonly origins: readonly string[];
  /** Origins of this machine are allowed, too, on any port. */
  readonly allowsLoopback: boolean;
  /** Request headers, beside those that are always allowed. */
  readonly allowedHeaders: readonly string[];
  /** Called with the origin of each preflight that is refused. */
  onRefused(origin: string): void;
}

export interface Cors {
  /** For Yoga, which then answers each preflight with 204. */
  readonly forYoga: NonNullable<YogaServerOptions<object, object>['cors']>;
  /** For answers that Yoga does not make. @returns `undefined` where no header is sent. */
  headersFor(headers: AskedHeaders): Readonly<Record<string, string>> | undefined;
  /** True where answers differ by origin: caches have to keep them apart. */
  readonly variesByOrigin: boolean;
}

/**
 * Lets scripts of the allowed origins send requests and read answers, refusals included. Never with credentials of the browser:
 * callers authenticate with a header, so no other site can use a cookie. `null`, the origin of sandboxed frames and local files,
 * cannot be allowed.
 */
export function createCors({ origins, allowsLoopback, allowedHeaders, onRefused }: CorsOptions): Cors {
  const listed = new Set(origins);
  const rules = (headers: AskedHeaders) => {
    const origin = headers.get('origin');
    if (origin === null || !(listed.has(origin) || (allowsLoopback && LOOPBACK.test(origin)))) return false;
    return {
      origin,
      credentials: false,
      methods: ['GET', 'POST'],
      allowedHeaders: [...ALLOWED, ...allowedHeaders],
      exposedHeaders: EXPOSED,
      maxAge: PREFLIGHT_SECONDS,
    };
  };
  return {
    forYoga({ method, headers }: Request) {
      const allowed = rules(headers);
      // The page of GraphiQL sends its origin as well, and never a preflight.
      if (allowed === false && isPreflight(method, headers)) onRefused(headers.get('origin') ?? '');
      return allowed;
    },
    headersFor: (headers) => getCORSHeadersByRequestAndOptions({ headers } as Request, rules(headers)) ?? undefined,
    variesByOrigin: origins.length > 0 || allowsLoopback,
  };
}

/** True for a preflight request of CORS. */
export const isPreflight = (method: string | undefined, headers: AskedHeaders): boolean =>
  method === 'OPTIONS' && headers.get('origin') !== null && headers.get('access-control-request-method') !== null;

/** Anyone can make up origins. */
const MOST_ORIGINS = 100;
/** A host name has at most 253 characters. */
const MAX_LENGTH = 270;

const NOT_LISTED =
  'A page of another origin may not send requests. To allow it, add its origin to CORS_ORIGINS (option corsOrigins).';
const WITHOUT_SITE =
  'A page without an http origin may not send requests: a local file, a sandboxed frame or an app. Serve it from a site, and add that to CORS_ORIGINS (option corsOrigins).';
const NO_MORE = 'Further origins that may not send requests are not logged.';

/** Logs each refused origin once, for the operator to add it to the settings. */
export function createRefusedOriginLog(log: Log): (origin: string) => void {
  const logged = new Set<string | undefined>();

  return (sent) => {
    const origin = isSite(sent) ? sent : undefined;
    if (logged.has(origin) || logged.size > MOST_ORIGINS) return;
    logged.add(origin);
    if (logged.size > MOST_ORIGINS) log('warn', NO_MORE);
    else log('warn', origin === undefined ? WITHOUT_SITE : NOT_LISTED, { origin });
  };
}

const isSite = (text: string): boolean =>
  text.length <= MAX_LENGTH && /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
