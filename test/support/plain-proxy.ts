import { Agent, createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What stands in front of replicas: it knows nothing of them but whether they are ready. */
export interface PlainProxy {
  readonly url: string;
  add(backend: string): void;
  /** Those that were ready when last asked. */
  ready(): readonly string[];
}

const ASKED_EVERY_MS = 500;
/** These are between two neighbours only. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding'];

/**
 * Round robin over the backends whose `/readiness` was 200 when last asked, over connections that are kept. Nothing is sent a
 * second time: what the backend does not answer is a 502.
 */
export async function startPlainProxy(first: readonly string[]): Promise<PlainProxy> {
  const agent = new Agent({ keepAlive: true });
  const backends = new Map(first.map((backend) => [backend, false]));
  let turn = 0;
  const ready = () => [...backends].filter(([, isReady]) => isReady).map(([url]) => url);

  const server = createServer((asked, answer) => {
    const backend = ready()[turn++ % Math.max(1, ready().length)];
    const fail = (status: number) => {
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(status).end();
    };
    if (backend === undefined) return fail(503);
    const { method, url, headers } = asked;
    const onward = request(new URL(url ?? '/', backend), { agent, method, headers: between(headers) }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, between(reply.headers));
      reply.on('error', () => answer.destroy()).pipe(answer);
    });
    asked.pipe(onward.on('error', () => fail(502)));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));

  const poll = async () => {
    const asked = [...backends.keys()].map(async (backend) => {
      const answer = await fetch(`${backend}/readiness`).catch(() => undefined);
      backends.set(backend, answer?.status === 200);
    });
    await Promise.all(asked);
  };
  const timer = setInterval(() => void poll(), ASKED_EVERY_MS);
  onTestFinished(() => {
    clearInterval(timer);
    agent.destroy();
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: (backend) => void backends.set(backend, false),
    ready,
  };
}

/** `Transfer-Encoding` is Node's to set again. */
function between(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}
