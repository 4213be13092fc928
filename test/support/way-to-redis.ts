import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to a server that an operator, or a network, can break. */
export interface WayToRedis {
  readonly url: string;
  /** Ends all connections, and accepts no more. */
  cut(): void;
  /** Connections are accepted again. */
  mend(): void;
  /** What is connected now gets no word through any more, and is not told; whoever connects anew is served. */
  loseConnections(): void;
  /** Whoever connects from now on gets there. */
  leadTo(port: number): void;
  /** Ends all connections; who connects then is told what the server is, the end of a greeting, and is hung up on in the same breath. */
  hangUpAfterGreeting(): void;
  /** How many were hung up on so. */
  timesHungUp(): number;
}

/** Passes everything on to this port, until told otherwise. It ends with the test. */
export async function wayToRedis(port: number): Promise<WayToRedis> {
  let target = port;
  let isCut = false;
  let isGreetingTheEnd = false;
  let hungUp = 0;
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(target, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    near.pipe(far);
    far.pipe(near);
    if (isGreetingTheEnd) {
      far.on('data', (chunk) => {
        if (!chunk.includes('redis_version')) return;
        near.end();
        hungUp++;
      });
    }
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.on('close', () => {
        pairs.delete(pair);
        for (const end of pair) end.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endAll = () => {
    for (const pair of pairs) for (const end of pair) end.destroy();
  };
  onTestFinished(() => {
    endAll();
    server.close();
  });
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
      endAll();
    },
    mend() {
      isCut = false;
      isGreetingTheEnd = false;
    },
    loseConnections() {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.resume();
        far.resume();
      }
    },
    leadTo(next) {
      target = next;
    },
    hangUpAfterGreeting() {
      isGreetingTheEnd = true;
      endAll();
    },
    timesHungUp: () => hungUp,
  };
}
