import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { launchChromium } from '../../support/chromium.ts';
import { gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';
import { watchedPage } from '../../support/watched-page.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const examples = { key: '7000000000000000001', email: 'zhangsan@example.com', outId: 'on_nobody' };

it('the page at / leads everywhere, needs no other host, and has no serious fault for a screen reader', async (context) => {
  const browser = await launchChromium(context);
  const { gateway } = await gatewayWithSandbox({ gateway: { graphiql: examples, people: 'made-up' } });
  await gateway.whenReady;
  const { page, url, elsewhere, faults } = await watchedPage(browser, gateway, {
    viewport: { width: 960, height: 620 },
    deviceScaleFactor: 2,
  });

  await page.goto(url);
  expect(await page.title()).toBe('Lark users');
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await seriousFaults(page)).toEqual([]);
  }
  if (process.env.UPDATE_SCREENSHOTS) {
    await page.screenshot({ path: join(ROOT, 'docs', 'images', 'landing.png') });
  }

  const names = await page.getByRole('link').allTextContents();
  expect(names).toEqual(['GraphiQL', 'Schema', 'Health', 'Readiness']);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Schema' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('schema.graphql');
  expect(readFileSync(await file.path(), 'utf8')).toBe(readFileSync(join(ROOT, 'schema.graphql'), 'utf8'));
  for (const name of names.filter((one) => one !== 'Schema')) {
    const answer = page.waitForResponse((response) => response.request().isNavigationRequest());
    await page.getByRole('link', { name }).click();
    expect([name, (await answer).status()]).toEqual([name, 200]);
    await page.goto(url);
  }
  expect(elsewhere).toEqual([]);
  expect(faults).toEqual([]);
});

/** What axe-core calls serious or critical. It is evaluated past the policy of the page, which lets no script run. */
async function seriousFaults(page: Page): Promise<unknown[]> {
  await page.evaluate(axe.source);
  const { violations, passes } = (await page.evaluate('axe.run()')) as axe.AxeResults;
  expect(passes.length).toBeGreaterThan(10);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }));
}
