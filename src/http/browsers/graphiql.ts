import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { GraphiQLOptions, Plugin } from 'graphql-yoga';
import { endpointOf } from '../request-log.ts';
import { type ExampleTab, scriptJson } from './example-tabs.ts';
import { FAVICON, LOGO, opensPage, TITLE } from './landing-page.ts';

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

function answerWith(page: GraphiqlPage, requested: Headers, Answer: typeof Response): Response {
  const kept = {
    etag: page.etag,
    // Cached by the browser, and revalidated. Chromium drops it after a POST to the same address.
    'cache-control': 'no-cache',
    // Also where it is: a browser takes over the headers of that answer.
    'content-security-policy': page.contentSecurityPolicy,
    vary: 'accept, accept-encoding',
  };
  if (isSame(requested.get('if-none-match'), page.etag))
    return new Answer(null, { status: NOT_MODIFIED, headers: kept });
  const headers = { ...kept, 'content-type': 'text/html; charset=utf-8' };
  return takesGzip(requested.get('accept-encoding'))
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

/** The page at `/graphql` for browsers, as bytes that all responses share: a client that reads slowly takes no memory of its own. */
interface GraphiqlPage {
  /** 9 MB. */
  readonly html: Uint8Array<ArrayBuffer>;
  /** 2.4 MB. */
  readonly gzipped: Uint8Array<ArrayBuffer>;
  /** Weak: it is the same for both. */
  readonly etag: string;
  readonly contentSecurityPolicy: string;
}

/** Self-contained, unlike Yoga's default page, which loads itself from a CDN and stays blank without internet. */
async function createGraphiqlPage(tabs: readonly ExampleTab[]): Promise<GraphiqlPage> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const page = renderGraphiQL(OPTIONS).replace(JSON.stringify(NO_TABS), READ_TABS);
  const data = `<script type="application/json" id="example-tabs">${scriptJson(tabs.map(tabOf))}</script>`;
  const text = page.replace('</head>', () => `<style>${STILL_TABS}</style>${data}</head>`);
  const html = new TextEncoder().encode(text);
  return {
    html,
    gzipped: await promisify(gzip)(html),
    etag: `W/"${createHash('sha256').update(html).digest('base64url')}"`,
    // Of the page without its tabs: what they name can add no script that may run.
    contentSecurityPolicy: contentSecurityPolicy(page),
  };
}

const tabOf = ({ query, variables = '', headers = '' }: ExampleTab) => ({ query, variables, headers });

/** Stands for the tabs in the script, which reads them from the page as data. */
const NO_TABS = [{ query: 'example-tabs of lark-user-gateway' }];
const READ_TABS = 'JSON.parse(document.getElementById("example-tabs").textContent)';

const OPTIONS: GraphiQLOptions = {
  title: TITLE,
  logo: LOGO,
  favicon: FAVICON,
  defaultTabs: NO_TABS,
  // What a query took is the first thing to be curious about here.
  additionalHeaders: { 'x-lookup-receipt': 'true' },
  // Headers can hold a credential; the browser's storage is no place for it.
  shouldPersistHeaders: false,
};

/** Only the scripts of this page, by their hashes, and they may talk to this host only. */
function contentSecurityPolicy(page: string): string {
  const scripts = [...page.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, text]) => text ?? '');
  const hashes = scripts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  return [
    "default-src 'none'",
    `script-src ${hashes.join(' ')}`,
    // Its editor writes styles as it goes, and does its work in workers made from its own text.
    "style-src 'unsafe-inline'",
    'worker-src blob:',
    'img-src data: blob:',
    'font-src data:',
    "connect-src 'self'",
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ].join('; ');
}

/** On the first press GraphiQL 5 slides the tabs, for they can be dragged, away from under the pointer: that click is lost. */
const STILL_TABS = '.graphiql-tab { transform: none !important }';
