import type { Plugin } from 'graphql-yoga';
import { endpointOf } from '../request-log.ts';
import { createGraphiqlPage, type ExampleTab, type GraphiqlPage } from './graphiql.ts';
import { opensPage } from './opens-page.ts';

const NOT_MODIFIED = 304;

/**
 * Answers browsers that open `/graphql` with GraphiQL's page, which is made when that first happens. Yoga's own plugin takes the
 * page as text only: each answer would then hold its own 9 MB, until it is read.
 */
export function useGraphiql(tabs: readonly ExampleTab[]): Plugin {
  let made: Promise<GraphiqlPage> | undefined;

  return {
    onRequest({ request, url, endResponse, fetchAPI }) {
      if (!opensPage(request) || endpointOf(url.pathname) !== 'graphql') return undefined;
      made ??= createGraphiqlPage(tabs);
      return made.then((page) => endResponse(answerWith(page, request.headers, fetchAPI.Response)));
    },
  };
}

function answerWith(page: GraphiqlPage, asked: Headers, Answer: typeof Response): Response {
  const kept = {
    etag: page.etag,
    // Kept by the browser, which asks whether it is still the same. Chromium forgets it after a POST to the same address.
    'cache-control': 'no-cache',
    // Also where it is: a browser takes over the headers of that answer.
    'content-security-policy': page.contentSecurityPolicy,
    vary: 'accept, accept-encoding',
  };
  if (isSame(asked.get('if-none-match'), page.etag)) return new Answer(null, { status: NOT_MODIFIED, headers: kept });
  const headers = { ...kept, 'content-type': 'text/html; charset=utf-8' };
  return takesGzip(asked.get('accept-encoding'))
    ? new Answer(page.gzipped, { headers: { ...headers, 'content-encoding': 'gzip' } })
    : new Answer(page.html, { headers });
}

/** RFC 9110, 13.1.2: compared without the `W/`, since whatever is on the way may change that. */
const isSame = (ifNoneMatch: string | null, etag: string): boolean =>
  ifNoneMatch?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag.replace(/^W\//, '')) ?? false;

const takesGzip = (acceptEncoding: string | null): boolean =>
  acceptEncoding?.split(',').some((one) => {
    const [coding, weight = 'q=1'] = one.split(';').map((part) => part.trim().toLowerCase());
    return coding === 'gzip' && Number(weight.replace('q=', '')) > 0;
  }) ?? false;
