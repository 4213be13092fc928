import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { apiKeyOf, bearer, gatewayForKeys } from '../../support/callers.ts';
import { launchChromium } from '../../support/chromium.ts';
import { gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';
import { openTab, run, tabTitles } from '../../support/graphiql-page.ts';
import { watchedPage } from '../../support/watched-page.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

describe('GraphiQL in a browser', () => {
  it('needs no other host, and its example tabs run as they are', async (context) => {
    const browser = await launchChromium(context);
    const { gateway, sandbox } = await gatewayWithSandbox({
      gateway: {
        graphiql: {
          key: '7000000000000000001',
          email: 'zhangsan@example.com',
          outId: 'on_nobody',
          // Others than the first tab names, who are still remembered.
          keys: Array.from({ length: 50 }, (_, index) => String(7_000_000_000_000_000_101n + BigInt(index))),
        },
      },
    });
    const viewport = { width: 1280, height: 560 };
    const { page, url, elsewhere, faults } = await watchedPage(browser, gateway, { viewport });

    await page.goto(`${url}/graphql`);
    expect(await page.title()).toBe('Lark users');
    await expect.poll(() => tabTitles(page)).toEqual(['OnePerson', 'PeopleByEmail', 'PeopleByOutId', 'FiftyAliases']);

    await expectCommentsToFit(page);
    expect(await run(page)).toMatchObject({
      data: { user: { name: '张三', nameEn: 'Zhang San', status: 'ACTIVATED' } },
    });
    if (process.env.UPDATE_SCREENSHOTS) await takePicture(page);

    await openTab(page, 'PeopleByEmail');
    await expectCommentsToFit(page);
    expect(await run(page)).toMatchObject({ data: { usersByEmail: [{ name: 'Zhang San' }, null] } });
    await openTab(page, 'PeopleByOutId');
    await expectCommentsToFit(page);
    expect(await run(page)).toMatchObject({
      data: { usersByOutId: [null] },
      extensions: { receipt: { upstreamCalls: 1 } },
    });

    await openTab(page, 'FiftyAliases');
    await expectCommentsToFit(page);
    const { data, errors, extensions } = await run(page);
    expect(errors).toBeUndefined();
    expect(Object.values(data).filter((person) => person !== null)).toHaveLength(50);
    expect(extensions?.receipt).toMatchObject({ upstreamCalls: 1, identifiersSent: 50, cacheHits: 0 });

    expect(sandbox.calls().filter((call) => call.interface === 'user_query')).toHaveLength(4);
    expect(elsewhere).toEqual([]);
    expect(faults).toEqual([]);
  });
});

describe('GraphiQL in front of a gateway that asks who one is', () => {
  it('says how to send a credential; whoever does as it says gets an answer', async (context) => {
    const browser = await launchChromium(context);
    const { gateway } = await gatewayForKeys([apiKeyOf('open-sesame')], {
      graphiql: { key: '7000000000000000001', email: 'zhangsan@example.com', outId: 'on_nobody' },
    });
    const viewport = { width: 1280, height: 720 };
    const { page, url } = await watchedPage(browser, gateway, { viewport });
    await page.goto(`${url}/graphql`);
    const query = page.locator('.graphiql-query-editor');
    await expect.poll(() => query.textContent()).toMatch(/Open."Headers".below/);

    await openTab(page, 'PeopleByEmail');
    await page.getByRole('button', { name: 'Headers', exact: true }).click();
    const headers = page.locator('.monaco-editor[data-uri*="headers"]');
    await expect.poll(() => headers.textContent()).toContain('<your');
    await headers.click();
    await page.keyboard.press('ControlOrMeta+A');
    // The editor closes quotes and braces by itself.
    await page.keyboard.type(JSON.stringify(bearer('open-sesame')).replace(/"}$/, ''));
    // As with a new tab, it takes them in after a pause.
    await page.waitForTimeout(1_000);
    expect(await run(page)).toMatchObject({ data: { usersByEmail: [{ name: 'Zhang San' }, null] } });
  });
});

/** What tells how to run a query is of no use where it is cut off. */
async function expectCommentsToFit(page: Page): Promise<void> {
  const editor = page.locator('.graphiql-query-editor');
  const lines = editor.locator('.view-line > span', { hasText: /^#/ });
  await expect.poll(() => lines.count()).toBeGreaterThan(0);
  const right = (locator: Locator) => locator.evaluate((element) => element.getBoundingClientRect().right);
  const edge = await right(editor);
  const cut: string[] = [];
  for (const line of await lines.all()) if ((await right(line)) > edge) cut.push(await line.innerText());
  expect(cut).toEqual([]);
}

async function takePicture(page: Page): Promise<void> {
  await page.getByLabel('Hide editor tools').click();
  await page.waitForTimeout(1_000);
  await page.screenshot({ path: join(ROOT, 'docs', 'images', 'graphiql.png') });
}
