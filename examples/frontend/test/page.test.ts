import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { apiKeyOf, keyNamed } from '../../../test/support/callers.ts';
import { findablePeople, samplePaste } from '../sample.mjs';
import { builtPage, expectAccessible, openPage } from './open-page.ts';
import { ROOT, read } from './readme.ts';

const PICTURE = join(ROOT, 'docs', 'images', 'frontend.png');

let built: Awaited<ReturnType<typeof builtPage>>;
beforeAll(async () => {
  built = await builtPage();
});
afterAll(() => built.remove());

const open = (context: Parameters<typeof openPage>[0], options?: Parameters<typeof openPage>[2]) =>
  openPage(context, built.folder, options);

const field = (page: Page) => page.getByRole('textbox', { name: 'Who are you looking for?' });
const counter = (page: Page) => page.locator('.counter');
const cards = (page: Page) => page.getByRole('region', { name: 'People' }).getByRole('listitem');

async function lookUp(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await page.getByRole('button', { name: 'Look up' }).click();
  await expect.poll(() => page.getByRole('region', { name: 'Result' }).getAttribute('aria-busy')).toBe('false');
}

/** 200 addresses, 200 keys and 100 out ids of 500 people, among each other, with every separator. */
function fiveHundred(people: Parameters<typeof findablePeople>[0]): string[] {
  const identifiers = findablePeople(people)
    .slice(0, 500)
    .map((person, at) => {
      if (at % 5 < 2) return person.email;
      return at % 5 < 4 ? person.user_key : person.out_id;
    });
  expect(identifiers).toHaveLength(500);
  return identifiers;
}
const SEPARATORS = [' ', ',', '; ', '\n', '，', '；', '、', '\t', ' , '];
const mixed = (identifiers: readonly string[]) =>
  identifiers.map((identifier, at) => identifier + SEPARATORS[at % SEPARATORS.length]).join('');

describe('the page in a browser', () => {
  it('shows 500 pasted people for 5 upstream calls, and is accessible, without another host or a complaint', async (context) => {
    const { page, backend, userQueries, elsewhere, complaints } = await open(context);
    const asked: unknown[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') asked.push(Object.keys(request.postDataJSON().variables));
    });
    await expectAccessible(page);

    await lookUp(page, mixed(fiveHundred(backend.sandbox.people)));
    await expect.poll(() => counter(page).textContent()).toBe('500 people · 5 upstream calls');
    expect(await page.locator('.chip').allTextContents()).toEqual(['200 e-mails', '200 keys', '100 out ids']);
    expect(await cards(page).count()).toBe(500);
    expect(asked).toEqual([['keys', 'emails', 'outIds']]);
    expect(userQueries()).toBe(5);
    expect(await cards(page).first().innerText()).toMatch(/^Zhang San\s+张三\s+Active\s+zhangsan@example\.com$/);
    await expectAccessible(page);

    expect(elsewhere).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('lists who is missing, and shows errors by their codes beside everybody else', async (context) => {
    const { page, backend, userQueries, elsewhere, complaints } = await open(context);
    const identifiers = fiveHundred(backend.sandbox.people);
    const missing = ['nobody@example.com', '7999999999999999999', 'on_nobody'];
    const [spoilt = ''] = identifiers.splice(4, 1);
    const malformed = 'not@an@address';
    identifiers.splice(10, missing.length + 1, ...missing, malformed);
    backend.sandbox.faults.start({ name: 'poison', identifiers: [spoilt] });

    await lookUp(page, mixed([...identifiers, spoilt]));
    // Upstream refuses a whole call for one value: the gateway asks for halves until that one is alone.
    expect(userQueries()).toBeGreaterThan(5);
    await expect.poll(() => counter(page).textContent()).toBe(`495 people · ${userQueries()} upstream calls`);
    expect(await page.locator('.details').textContent()).toMatch(
      /^500 of 500 identifiers answered · Not found: 3 · Failed: 2/,
    );
    expect(await cards(page).count()).toBe(495);
    expect(await page.getByRole('list', { name: 'Not found' }).getByRole('listitem').allTextContents()).toEqual([
      ...missing,
    ]);
    expect(await page.getByRole('list', { name: 'UPSTREAM_REJECTED' }).allTextContents()).toEqual([spoilt]);
    expect(await page.getByRole('list', { name: 'BAD_USER_INPUT' }).allTextContents()).toEqual([malformed]);
    expect(await page.getByRole('region', { name: 'Failed' }).textContent()).toContain('Expected an e-mail address');

    // The same people again are in memory.
    await lookUp(page, identifiers.slice(0, 5).join(' '));
    await expect.poll(() => counter(page).textContent()).toBe('5 people · 0 upstream calls');
    expect(elsewhere).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('works with a keyboard only, and tells screen readers what happens', async (context) => {
    const { page, backend, complaints } = await open(context, { permissions: ['clipboard-read', 'clipboard-write'] });
    const focused = () =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent);
    const tabTo = async (name: string) => {
      await page.keyboard.press('Tab');
      await expect.poll(focused).toBe(name);
    };
    // A window that has just opened may not have the focus of the keyboard yet.
    await page.getByRole('heading', { level: 1 }).click();
    await tabTo('中文');
    await page.keyboard.press('Tab');
    await page.keyboard.insertText(`${backend.sandbox.people[0]?.email} nobody@example.com`);
    expect(await field(page).inputValue()).toContain('nobody@example.com');
    await tabTo('API key');
    await tabTo('Look up');
    expect(await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle)).toBe(
      'solid',
    );
    await page.keyboard.press('Enter');
    const told = page.getByRole('status');
    await expect.poll(() => told.first().textContent()).toContain('1 person · 1 upstream call');

    await tabTo('Clear');
    await tabTo('Copy e-mail of Zhang San');
    await page.keyboard.press('Enter');
    await expect.poll(() => told.last().textContent()).toBe('Copied');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('zhangsan@example.com');

    await field(page).focus();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.insertText('7000000000000000002 7000000000000000003');
    await page.keyboard.press('Control+Enter');
    await expect.poll(() => counter(page).textContent()).toBe('2 people · 1 upstream call');
    expect(complaints).toEqual([]);
  });

  it('speaks the language of the browser, Chinese or English, and switches', async (context) => {
    const { page, backend, complaints } = await open(context, { locale: 'zh-CN', colorScheme: 'dark' });
    const lang = () => page.evaluate(() => document.documentElement.lang);
    expect([await lang(), await page.title()]).toEqual(['zh-CN', '查人']);
    await page.getByRole('textbox', { name: '要查谁？' }).fill(samplePaste(backend.sandbox.people));
    await page.getByRole('button', { name: '查询' }).click();
    await expect.poll(() => counter(page).textContent()).toBe('19 人 · 3 次上游调用');
    expect(await page.getByRole('list', { name: '未找到' }).allTextContents()).toEqual(['nobody@example.com']);
    expect(await page.locator('.card').first().innerText()).toMatch(/在职/);
    await expectAccessible(page);

    await page.getByRole('button', { name: 'English' }).click();
    expect([await lang(), await page.title()]).toEqual(['en', 'People']);
    expect(await counter(page).textContent()).toBe('19 people · 3 upstream calls');
    await expectAccessible(page);
    expect(complaints).toEqual([]);
  });

  it('asks for an API key where the gateway wants one, and sends it', async (context) => {
    const { page } = await open(context, { gateway: { auth: { kind: 'api-key', keys: [apiKeyOf('open-sesame')] } } });
    await lookUp(page, '7000000000000000001');
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('fill in your API key');
    expect(await page.getByRole('region', { name: 'Failed' }).textContent()).toContain('UNAUTHENTICATED');
    await expectAccessible(page);

    await page.getByLabel('API key').and(page.locator('input')).fill(keyNamed('open-sesame'));
    await page.keyboard.press('Enter');
    await expect.poll(() => counter(page).textContent()).toBe('1 person · 1 upstream call');
    expect(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])).toEqual([
      0,
      0,
      '',
    ]);
  });

  it('sends hashes in place of documents where it is built for a gateway that runs no others', async (context) => {
    process.env.VITE_TRUSTED_DOCUMENTS = 'true';
    const other = await builtPage();
    delete process.env.VITE_TRUSTED_DOCUMENTS;
    onTestFinished(() => other.remove());
    const trustedDocuments = JSON.parse(read('src/generated/persisted-documents.json'));
    const { page } = await openPage(context, other.folder, { gateway: { trustedDocuments } });
    await lookUp(page, '7000000000000000001');
    await expect.poll(() => counter(page).textContent()).toBe('1 person · 1 upstream call');
  });

  it('says so where nobody answers', async (context) => {
    const { page, backend } = await open(context);
    await backend.stop();
    await lookUp(page, '7000000000000000001');
    expect(await page.getByRole('region', { name: 'Failed' }).textContent()).toContain('NO_ANSWER');
  });

  it('costs no more where some are missing, and nothing for what cannot be an address', async (context) => {
    const { page, backend, userQueries } = await open(context);
    const identifiers = fiveHundred(backend.sandbox.people);
    const others = ['nobody@example.com', 'gone@example.com', '7999999999999999999', 'not@an@address'];
    identifiers.splice(5, others.length, ...others);
    await lookUp(page, mixed(identifiers));
    await expect.poll(() => counter(page).textContent()).toBe('496 people · 5 upstream calls');
    expect(userQueries()).toBe(5);
    if (process.env.UPDATE_SCREENSHOTS) await takePicture(page);
  });
});

async function takePicture(page: Page): Promise<void> {
  await field(page).evaluate((element) => {
    element.scrollTop = 0;
  });
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: PICTURE });
}
