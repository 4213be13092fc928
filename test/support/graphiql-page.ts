import type { Page } from 'playwright-core';
import { expect } from 'vitest';

export const tabTitles = (page: Page) => page.locator('.graphiql-tab-button').allTextContents();

export async function openTab(page: Page, name: string): Promise<void> {
  await page.locator('.graphiql-tab-button', { hasText: name }).click();
  await expect.poll(() => page.locator('.graphiql-query-editor').textContent()).toContain(name);
  // GraphiQL reads the operations of a new tab after a pause; until then its button runs nothing.
  await page.waitForTimeout(1_000);
}

export interface Shown {
  readonly data: Record<string, unknown>;
  readonly errors?: unknown;
  readonly extensions?: { readonly receipt: unknown };
}

/** Presses the round button and reads the answer that GraphiQL gets for it. */
export async function run(page: Page): Promise<Shown> {
  const answer = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.getByRole('button', { name: 'Execute query (Ctrl-Enter)' }).click();
  const json = (await (await answer).json()) as Shown;
  // What people see is what came over the wire.
  const shown = page.locator('.graphiql-response');
  await expect.poll(() => shown.textContent()).toContain(Object.keys(json.data)[0] ?? '');
  return json;
}
