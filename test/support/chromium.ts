import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { onTestFinished, type TestContext } from 'vitest';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * A headless browser that ends with the test. Without Chromium on the machine the test is skipped, aloud;
 * in CI that is a failure.
 */
export async function launchChromium(context: TestContext): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path));
  if (!executablePath) {
    const reason = `No Chromium on this machine (looked for ${PLACES.join(', ')}; CHROMIUM names another).`;
    if (process.env.CI === 'true') throw new Error(`${reason} CI needs it: apt-get install chromium.`);
    process.stderr.write(`SKIPPED: "${context.task.name}". ${reason}\n`);
    context.skip(reason);
    throw new Error('unreachable');
  }
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  onTestFinished(() => browser.close());
  return browser;
}
