import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { GraphiQLOptions } from 'graphql-yoga';
import { FAVICON, LOGO, TITLE } from './logo.ts';

/** A query that GraphiQL opens with. The first tab shows no variables, so it has none. */
export interface ExampleTab {
  readonly query: string;
  /** As JSON text. */
  readonly variables?: string;
  /** As JSON text; the first tab shows none. */
  readonly headers?: string;
}

/** The page at `/graphql` for browsers, as bytes that all answers share: one that is slow to read takes no memory of its own. */
export interface GraphiqlPage {
  /** 9 MB. */
  readonly html: Uint8Array<ArrayBuffer>;
  /** 2.4 MB. */
  readonly gzipped: Uint8Array<ArrayBuffer>;
  /** Weak: it is the same for both. */
  readonly etag: string;
  readonly contentSecurityPolicy: string;
}

/** Self-contained, unlike Yoga's default page, which loads itself from a CDN and stays blank without internet. */
export async function createGraphiqlPage(tabs: readonly ExampleTab[]): Promise<GraphiqlPage> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const text = renderGraphiQL(graphiqlOptions(tabs)).replace('</head>', `<style>${STILL_TABS}</style></head>`);
  const html = new TextEncoder().encode(text);
  return {
    html,
    gzipped: await promisify(gzip)(html),
    etag: `W/"${createHash('sha256').update(html).digest('base64url')}"`,
    contentSecurityPolicy: contentSecurityPolicy(text),
  };
}

const graphiqlOptions = (tabs: readonly ExampleTab[]): GraphiQLOptions => ({
  title: TITLE,
  logo: LOGO,
  favicon: FAVICON,
  defaultTabs: tabs.map(({ query, variables = '', headers = '' }) => ({ query, variables, headers })),
  // What a query took is the first thing to be curious about here.
  additionalHeaders: { 'x-lookup-receipt': 'true' },
  // Headers can hold a credential; the browser's storage is no place for it.
  shouldPersistHeaders: false,
});

/** Only the scripts that are in the page, by their hashes, and they may talk to this host only. */
function contentSecurityPolicy(html: string): string {
  const scripts = [...html.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, text]) => text ?? '');
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
