import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';

import { freePort } from './free-port.ts';
import { skipWithout } from './skip-without.ts';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** For a look at what is kept, and for what an operator may do. */
  readonly client: Redis;
  /** Ends it at once, with all that it knows. */
  kill(): Promise<void>;
  /** Begins anew on the same port, knowing nothing. */
  start(): Promise<void>;
  /** It stays, and does not answer any more. */
  freeze(): void;
  thaw(): void;
}

/** A real `redis-server` on a free port. It ends with the test. @param flags as on its command line. */
export async function startRedis(...flags: string[]): Promise<RedisServer> {
  skipWithout('redis-server');
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  let process = await launch(port, folder, flags);
  const client = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => {});
  onTestFinished(async () => {
    client.disconnect();
    await end(process);
    await rm(folder, { recursive: true, force: true });
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    client,
    kill: () => end(process),
    async start() {
      process = await launch(port, folder, flags);
    },
    freeze: () => void process.kill('SIGSTOP'),
    thaw: () => void process.kill('SIGCONT'),
  };
}

/** A Sentinel that knows this server as "people". It ends with the test. @returns its port. */
export async function startSentinel(server: RedisServer): Promise<number> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  const file = join(folder, 'sentinel.conf');
  await writeFile(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor people 127.0.0.1 ${server.port} 1\n`);
  const process = await run([file, '--sentinel'], '+monitor');
  onTestFinished(async () => {
    await end(process);
    await rm(folder, { recursive: true, force: true });
  });
  return port;
}

function launch(port: number, folder: string, flags: readonly string[]): Promise<ChildProcess> {
  const network = ['--port', String(port), '--bind', '127.0.0.1'];
  const files = ['--dir', folder, '--save', '', '--appendonly', 'no'];
  return run([...network, ...files, ...flags], 'Ready to accept connections');
}

/** @param ready what it says when it can be used. */
async function run(args: readonly string[], ready: string): Promise<ChildProcess> {
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const chunk of child.stdout) {
    said += String(chunk);
    if (said.includes(ready)) return child;
  }
  throw new Error(`redis-server ended:\n${said}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGCONT');
  child.kill('SIGKILL');
  await ended;
}
