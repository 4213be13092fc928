/** Run as a process of its own: a `redis-server` on a free port that keeps nothing on disk, and ends with this process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';

const port = await freePort();
const settings = { port, bind: '127.0.0.1', dir: tmpdir(), save: '', appendonly: 'no' };
const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
const redis = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'inherit'] });
process.once('exit', () => redis.kill('SIGKILL'));
process.once('SIGTERM', () => process.exit());
redis.once('exit', (code) => process.exit(code ?? 1));
redis.once('error', (error) => {
  process.stderr.write(`redis-server cannot be run, is it installed? ${error.message}\n`);
  process.exit(1);
});

let said = '';
for await (const chunk of redis.stdout) {
  said += String(chunk);
  if (said.includes('Ready to accept connections')) break;
}
process.stdout.write(`Redis: redis://127.0.0.1:${port}\n`);

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return address.port;
}
