/** Run as a process of its own: a `redis-server` on a free port that keeps nothing on disk, and ends with this process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';

const port = await freePort();
const settings = { port, bind: '127.0.0.1', dir: tmpdir(), save: '', appendonly: 'no' };
const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
/** Whatever ends this process closes the pipe that the shell reads, and that ends the server. */
const UNTIL_CLOSED = 'command -v redis-server || exit 127; redis-server "$@" & read -r _; kill -9 $!';
const redis = spawn('/bin/sh', ['-c', UNTIL_CLOSED, 'sh', ...flags], { stdio: ['pipe', 'pipe', 'inherit'] });
redis.once('exit', (code) => {
  process.stderr.write(code === 127 ? 'redis-server is not installed.\n' : 'redis-server has ended.\n');
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
