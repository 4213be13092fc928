import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { build, preview } from 'vite';
import { expect, onTestFinished, type TestContext } from 'vitest';
import { launchChromium } from '../../../test/support/chromium.ts';
import { startBackend } from '../backend.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The page as `vite build` makes it, in a folder of its own. */
export async function builtPage(): Promise<{ readonly folder: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'frontend-'));
  await build({ root: ROOT, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

export interface OpenPageOptions extends Pick<BrowserContextOptions, 'locale' | 'colorScheme' | 'permissions'> {
  readonly gateway?: NonNullable<Parameters<typeof startBackend>[0]>['gateway'];
}

/** The built page in a browser, with gateway and sandbox behind it. All ends with the test. */
export async function openPage(context: TestContext, folder: string, { gateway, ...options }: OpenPageOptions = {}) {
  const browser = await launchChromium(context);
  const backend = await startBackend(gateway ? { gateway } : {});
  onTestFinished(() => backend.stop());
  // Read by vite.config.ts.
  process.env.GATEWAY_URL = backend.url;
  const server = await preview({ root: ROOT, logLevel: 'silent', preview: { port: 0 }, build: { outDir: folder } });
  onTestFinished(() => server.close());

  const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 1280, height: 860 }, ...options });
  const elsewhere: string[] = [];
  await page.route('**', (route) => {
    const { hostname, protocol } = new URL(route.request().url());
    if (hostname === '127.0.0.1' || protocol === 'data:') return route.continue();
    elsewhere.push(route.request().url());
    return route.abort();
  });
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(server.resolvedUrls?.local[0] ?? '');
  return {
    page,
    backend,
    /** Requests to other hosts, which were not let through. */
    elsewhere,
    /** Errors and warnings of the page. */
    complaints,
    userQueries: () => backend.sandbox.calls().filter((call) => call.interface === 'user_query').length,
  };
}

interface AxeResults {
  readonly violations: { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] }[];
}

/** Fails where axe finds something that it calls serious or critical. */
export async function expectAccessible(page: Page): Promise<void> {
  const hasAxe = await page.evaluate(() => 'axe' in window);
  if (!hasAxe) await page.addScriptTag({ path: fileURLToPath(import.meta.resolve('axe-core/axe.min.js')) });
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = grave.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => ({ id, html, failureSummary })),
  );
  expect(told.slice(0, 5)).toEqual([]);
}
