// Packs the package, installs it into an empty folder as its users do, and asks it who somebody is: on this Node, and on Node 24.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const COMMANDS = [
  ['npx', 'lark-user-gateway'],
  ['npx', '-y', '-p', 'node@24', 'node', join('node_modules', 'lark-user-gateway', 'dist', 'cli.js')],
];
const EXPECTED = { data: { user: { nameEn: 'Zhang San' } } };
const LONGEST_START_MS = 120_000;

// Under `npm run`, npm would install into the folder of this package, not into that of the one who asks.
const { npm_config_local_prefix: _, ...environment } = process.env;

const folder = mkdtempSync(join(tmpdir(), 'gateway-tarball-'));
try {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT, stdio: 'inherit' });
  const [tarball = ''] = readdirSync(folder);
  const home = join(folder, 'empty');
  mkdirSync(home);
  const install = ['install', '--no-audit', '--no-fund', join(folder, tarball)];
  execFileSync('npm', install, { cwd: home, env: environment, stdio: 'inherit' });
  for (const [command = '', ...args] of COMMANDS) {
    const answer = await askInstalled(command, args, home);
    process.stdout.write(`${[command, ...args].join(' ')}: ${JSON.stringify(answer)}\n`);
    if (JSON.stringify(answer) !== JSON.stringify(EXPECTED)) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Starts it on the sandbox, asks one query, and stops it. */
async function askInstalled(command, args, cwd) {
  const env = { ...environment, PORT: '0', SANDBOX_PORT: '0', LOG_LEVEL: 'warn' };
  // A group of its own: npx starts others, which have to end with it.
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const stop = (signal) => process.kill(-(child.pid ?? 0), signal);
  const timer = setTimeout(() => stop('SIGKILL'), LONGEST_START_MS);
  try {
    const url = await addressOf(child);
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ user(key: "7000000000000000001") { nameEn } }' }),
    });
    stop('SIGTERM');
    await ended;
    return await response.json();
  } finally {
    clearTimeout(timer);
  }
}

async function addressOf(child) {
  let banner = '';
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    banner += chunk;
    const [url] = /http:\/\/[\d.]+:\d+\/graphql/.exec(banner) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`It ended before it listened:\n${banner}`);
}
