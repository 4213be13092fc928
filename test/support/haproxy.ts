import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readText } from './deployment.ts';
import { freePort } from './free-port.ts';
import { skipWithout } from './skip-without.ts';

/**
 * HAProxy with the configuration that is deployed, but for addresses: it listens on free ports of 127.0.0.1, and its gateways are
 * these. It ends with the test.
 * @param gateways their ports.
 * @returns the port.
 */
export async function startHaproxy(gateways: readonly number[]): Promise<number> {
  skipWithout('haproxy', '-v');
  const [port, healthPort] = [await freePort(), await freePort()];
  const addresses = [...gateways];
  const text = readText('deploy/haproxy/haproxy.cfg')
    .replace('bind :8080', `bind 127.0.0.1:${port}`)
    .replace('bind 127.0.0.1:8081', `bind 127.0.0.1:${healthPort}`)
    .replaceAll(/^( +server \S+) \S+$/gm, (_, server: string) => `${server} 127.0.0.1:${addresses.shift()}`);
  const folder = await mkdtemp(join(tmpdir(), 'haproxy-'));
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, text);
  const process = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  for (const stream of [process.stdout, process.stderr]) stream.on('data', (chunk) => said.push(String(chunk)));
  onTestFinished(async () => {
    await end(process);
    await rm(folder, { recursive: true, force: true });
  });
  await untilAnswering(port, process, said);
  return port;
}

/** Until a gateway has been found ready. */
async function untilAnswering(port: number, process: ChildProcess, said: readonly string[]): Promise<void> {
  for (;;) {
    if (process.exitCode !== null) throw new Error(`haproxy ended:\n${said.join('')}`);
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function end(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const ended = once(process, 'exit');
  process.kill('SIGKILL');
  await ended;
}
