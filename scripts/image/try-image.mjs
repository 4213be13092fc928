import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { placeOf } from './build-stages.mjs';

const LONGEST_MS = 60_000;
const QUESTION = { query: '{ user(key: "7000000000000000001") { nameEn } }' };
const ANSWER = { data: { user: { nameEn: 'Zhang San' } } };

/**
 * Runs what was built as a container would: its user, its ENV, its commands, and not one file that it may write.
 * @param path where programs are found, the Node of the base image first.
 * @param folder where the secrets that a container is handed are put.
 * @throws Error that says which step went wrong.
 */
export async function tryImage(image, { path, folder }) {
  const running = [];
  const run = (command, environment = {}) => {
    const [program, ...args] = command;
    const child = spawn(program, args, {
      cwd: placeOf(image),
      // Node itself refuses to write a file, and so stands in for a file system that is read-only everywhere.
      env: { PATH: path, NODE_OPTIONS: '--permission --allow-fs-read=*', ...image.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Only root can become somebody else.
      ...(process.getuid?.() === 0 ? image.user : {}),
    });
    running.push(child);
    return watch(child);
  };
  const program = (...args) => [...image.entrypoint, ...args];
  try {
    const alone = run(program());
    expectThat(
      'alone it refuses to start, and says what is missing',
      (await alone.ended) === 2 && /LARK_PLUGIN_ID/.test(alone.text()),
    );

    const made = run(program('api-key', 'caller'));
    await made.ended;
    const [key = ''] = /lug_\S+/.exec(made.text()) ?? [];
    const [entry = ''] = /caller:[\da-f]{64}/.exec(made.text()) ?? [];
    const sandbox = run(program('sandbox', '--port', '0'));
    const settings = /LARK_BASE_URL=(\S+) LARK_PLUGIN_ID=(\S+) LARK_PLUGIN_SECRET=(\S+)/;
    const [, baseUrl, pluginId, secret] = await sandbox.until(settings);

    const port = await freePort();
    const environment = {
      // As ENV has it, but for this machine only.
      HOST: '127.0.0.1',
      PORT: String(port),
      AUTH: 'api-key',
      API_KEYS_FILE: fileWith(join(folder, 'api-keys'), entry),
      LARK_BASE_URL: baseUrl,
      LARK_PLUGIN_ID: pluginId,
      LARK_PLUGIN_SECRET_FILE: fileWith(join(folder, 'plugin-secret'), secret),
    };
    const url = `http://127.0.0.1:${port}`;
    const isHealthy = async () => (await run(image.healthcheck, environment).ended) === 0;
    expectThat('HEALTHCHECK fails where nothing listens', !(await isHealthy()));
    const gateway = run(program(), environment);
    await gateway.until(/http:\/\/127\.0\.0\.1:\d+/);
    expectThat('HEALTHCHECK succeeds', await isHealthy());
    await untilReady(url);
    expectThat('nobody is answered without a key', (await ask(url)).status === 401);
    const answer = await ask(url, { authorization: `Bearer ${key}` });
    expectThat('a caller is answered', (await answer.text()) === JSON.stringify(ANSWER));
    gateway.signal(image.stopSignal);
    expectThat(`${image.stopSignal} ends it with 0`, (await gateway.ended) === 0);
  } finally {
    for (const child of running) child.kill('SIGKILL');
  }
}

function expectThat(what, isSo) {
  process.stdout.write(`${isSo ? 'ok     ' : 'FAILED '} ${what}\n`);
  if (!isSo) throw new Error(`The image: expected that ${what}.`);
}

/** Keeps what a process writes, and lets others wait for it. */
function watch(child) {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (more) => {
      text += more;
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
  const ended = once(child, 'close').then(([code]) => {
    clearTimeout(timer);
    return code;
  });
  return {
    ended,
    text: () => text,
    signal: (name) => child.kill(name),
    /** @throws Error where it ends before. */
    async until(pattern) {
      while (!pattern.test(text)) {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`The image ended too early:\n${text}`);
        await Promise.race([once(child.stdout, 'data'), ended]);
      }
      return pattern.exec(text);
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function untilReady(url) {
  const end = Date.now() + LONGEST_MS;
  while ((await fetch(`${url}/readiness`)).status !== 200) {
    if (Date.now() > end) throw new Error('The image: expected that it gets ready.');
    await sleep(50);
  }
}

const ask = (url, headers = {}) =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(QUESTION),
  });

function fileWith(path, text) {
  writeFileSync(path, `${text}\n`);
  return path;
}
