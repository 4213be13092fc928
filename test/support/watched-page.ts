import type { Browser, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import type { Gateway } from '../../src/gateway.ts';
import { close, createServer, listen } from '../../src/http/server.ts';

/** A tab of a browser in front of a gateway that listens, until the test ends. */
export interface WatchedPage {
  readonly page: Page;
  /** Where the gateway listens. */
  readonly url: string;
  /** Addresses of other hosts that the page asked for; none is let through. */
  readonly elsewhere: string[];
  /** What threw, and what the console shows as an error. */
  readonly faults: string[];
}

export async function watchedPage(browser: Browser, gateway: Gateway, options: PageOptions = {}): Promise<WatchedPage> {
  const server = createServer(gateway);
  onTestFinished(() => close(server, 0));
  return pageOf(browser, await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' }), options);
}

type PageOptions = Parameters<Browser['newPage']>[0];

/** The same in front of a gateway that listens already. @param url where. */
export async function pageOf(browser: Browser, url: string, options: PageOptions = {}): Promise<WatchedPage> {
  const page = await browser.newPage(options);
  const elsewhere: string[] = [];
  await page.route('**', (route) => {
    const target = route.request().url();
    if (target.startsWith(url) || target.startsWith('data:') || target.startsWith('blob:')) return route.continue();
    elsewhere.push(target);
    return route.abort();
  });
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  return { page, url, elsewhere, faults };
}
