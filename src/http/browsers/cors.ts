import type { YogaServerOptions } from 'graphql-yoga';
import type { AskedHeaders } from '../request-headers.ts';
import { getCORSHeadersByRequestAndOptions } from '../yoga-library.ts';

/** Headers of answers that scripts of other sites may read, beside the few that they always may. */
const EXPOSED = ['x-lookup-stale', 'x-request-id', 'retry-after', 'www-authenticate'];
const ALLOWED = ['authorization', 'content-type', 'x-lark-user-token', 'x-lookup-cache', 'x-lookup-receipt'];
const TRACING = ['traceparent', 'tracestate', 'x-graphql-yoga-csrf', 'apollo-require-preflight'];
/** Browsers ask again after so long; none remembers longer than two hours. */
const PREFLIGHT_SECONDS = 7_200;

/**
 * Lets scripts of the listed sites ask and read, and of no other. Never with credentials of the browser: callers prove themselves
 * with a header, so a cookie is nothing that another site could ride on. `null`, the origin of sandboxed frames and local
 * files, is a site that cannot be listed.
 * @param origins as browsers send them: `https://app.example.com`. Without any, no header is sent at all.
 */
export function corsFor(origins: readonly string[]): NonNullable<YogaServerOptions<object, object>['cors']> {
  const rules = createRules(origins);
  return rules && (({ headers }: Request) => rules(headers));
}

/** The same for who answers without Yoga. @returns the headers of an answer; `undefined` where it has none. */
export function createCorsHeaders(origins: readonly string[]) {
  const rules = createRules(origins);
  return (headers: AskedHeaders): Readonly<Record<string, string>> | undefined =>
    (rules && getCORSHeadersByRequestAndOptions({ headers } as Request, rules(headers))) || undefined;
}

function createRules(origins: readonly string[]) {
  if (origins.length === 0) return false;
  const listed = new Set(origins);
  return (headers: AskedHeaders) => {
    const origin = headers.get('origin');
    if (origin === null || !listed.has(origin)) return false;
    return {
      origin,
      credentials: false,
      methods: ['GET', 'POST'],
      allowedHeaders: [...ALLOWED, ...TRACING],
      exposedHeaders: EXPOSED,
      maxAge: PREFLIGHT_SECONDS,
    };
  };
}
