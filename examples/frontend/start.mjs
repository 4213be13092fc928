/** The page on the sandbox: `npm run example:frontend`; `--any-ports` takes free ones. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createServer } from 'vite';
import { startBackend } from './backend.mjs';
import { samplePaste } from './sample.mjs';

const { values } = parseArgs({ options: { 'any-ports': { type: 'boolean' } } });
const ports = values['any-ports'] ? { page: 0, gateway: 0, sandbox: 0 } : { page: 4020, gateway: 4021, sandbox: 4022 };

/** @type {(() => unknown)[]} what ends it again, the last first. */
const ends = [];
let isStopping = false;
async function stop() {
  if (isStopping) return;
  isStopping = true;
  for (const end of ends.toReversed()) await end();
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop());

try {
  await start();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
  await stop();
}

async function start() {
  const backend = await startBackend({ ports });
  ends.push(backend.stop);

  // Both are read by vite.config.ts and the page.
  process.env.GATEWAY_URL = backend.url;
  process.env.VITE_EXAMPLE = samplePaste(backend.sandbox.people);
  const page = await createServer({
    root: fileURLToPath(new URL('.', import.meta.url)),
    server: { port: ports.page },
    logLevel: 'warn',
    clearScreen: false,
  });
  ends.push(() => page.close());
  await page.listen();

  process.stdout.write(`
  page     ${page.resolvedUrls?.local[0]}
  gateway  ${backend.url}/graphql
  sandbox  ${backend.sandbox.url}/_sandbox/calls: what reached the user API

Open the page. Ctrl-C ends everything.
`);
}
