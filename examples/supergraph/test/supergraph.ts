import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import {
  createGateway,
  type Gateway,
  type GatewayOptions,
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from '../../../dist/index.js';
import { type Comment, findablePeople, sampleComments } from '../comments/sample.mjs';
import { startComments } from '../comments/service.mjs';
import { type FrontEndName, startFrontEnd } from '../front-end.mjs';

export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: whatever was asked for.
  data?: Record<string, any> | null;
  errors?: { message: string; path?: (string | number)[]; extensions?: Record<string, unknown> }[];
}

/** What came to lark-user-gateway over HTTP. */
export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders;
  /** `undefined` where it was refused before it was read. */
  readonly body: { query: string } | unknown[] | undefined;
}

export interface Stage {
  readonly usersUrl: string;
  readonly commentsUrl: string;
  readonly sandbox: Sandbox;
  /** Asks the front end. */
  ask(query: string, headers?: Record<string, string>): Promise<Answer>;
  /** What the front end sent to lark-user-gateway since the stage was set. */
  requests(): readonly ReceivedRequest[];
  /** The headers of what it sent to the service of comments. */
  commentHeaders(): readonly IncomingHttpHeaders[];
  /** The user queries that reached the sandbox since the stage was set: how many identifiers of which kind. */
  upstreamCalls(): string[];
  /** Starts counting anew. */
  forget(): void;
}

export interface StageOptions {
  readonly gateway?: Partial<GatewayOptions>;
  readonly sandbox?: SandboxOptions;
  /** Changes the sample before it is served. */
  readonly edit?: (comments: Comment[]) => void;
}

/**
 * One front end for all tests of a block, over HTTP and in a process of its own. `set` gives each test a gateway, a sandbox and
 * comments of its own behind the addresses that the front end knows. Token and connections are warm, nobody is in memory.
 */
export function supergraphBehind(frontEnd: FrontEndName) {
  let gateway: Gateway | undefined;
  let comments: Comment[] = [];
  let received: ReceivedRequest[] = [];
  let commentHeaders: IncomingHttpHeaders[] = [];
  const users = createServer((request, response) => {
    const chunks: Buffer[] = [];
    const push = request.push.bind(request);
    // Looks on while it comes in: the gateway may read it more than once.
    request.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
      if (chunk) chunks.push(chunk);
      return push(chunk, encoding);
    };
    const list = received;
    response.once('close', () => {
      const text = Buffer.concat(chunks).toString();
      list.push({ headers: request.headers, body: text === '' ? undefined : JSON.parse(text) });
    });
    gateway?.requestListener(request, response);
  });
  const urls = { usersUrl: '', commentsUrl: '' };
  let url = '';
  const ends: (() => unknown)[] = [];

  beforeAll(async () => {
    await new Promise<void>((resolve) => users.listen(0, '127.0.0.1', resolve));
    ends.push(() => users.close().closeAllConnections());
    const service = await startComments(() => comments);
    service.server.on('request', ({ headers }) => commentHeaders.push(headers));
    ends.push(service.stop);
    const end = await openGateway();
    urls.usersUrl = `http://127.0.0.1:${(users.address() as AddressInfo).port}/graphql`;
    urls.commentsUrl = service.url;
    const running = await startFrontEnd(frontEnd, urls);
    ends.unshift(running.stop);
    url = running.url;
    await end();
  });
  afterAll(async () => {
    for (const end of ends) await end();
  });

  async function openGateway(options: StageOptions = {}) {
    const sandbox = await startSandbox({ callsPerSecond: Number.POSITIVE_INFINITY, ...options.sandbox });
    const opened = createGateway({
      baseUrl: sandbox.url,
      ...sandbox.credential,
      auth: { kind: 'none' },
      ...options.gateway,
    });
    await opened.whenReady;
    gateway = opened;
    const end = async () => {
      await opened.dispose();
      await sandbox.close();
    };
    return Object.assign(end, { sandbox, opened });
  }

  return {
    async set(options: StageOptions = {}): Promise<Stage> {
      const end = await openGateway(options);
      onTestFinished(end);
      const { sandbox, opened } = end;
      const people = findablePeople(sandbox.people);
      comments = sampleComments(people);
      const somebody = people.at(-1)?.user_key ?? '';
      await opened.directory.lookup({ kind: 'key', identifiers: [somebody] }).catch(() => undefined);
      options.edit?.(comments);
      const forget = () => {
        sandbox.clearCalls();
        received = [];
        commentHeaders = [];
      };
      forget();
      return {
        ...urls,
        sandbox,
        async ask(query, headers = {}) {
          const response = await fetch(url, {
            method: 'POST',
            headers: { 'content-type': 'application/json', ...headers },
            body: JSON.stringify({ query }),
          });
          return response.json() as Promise<Answer>;
        },
        requests: () => received,
        commentHeaders: () => commentHeaders,
        forget,
        upstreamCalls: () =>
          sandbox
            .calls()
            .filter((call) => call.interface === 'user_query')
            .map(({ body }) => {
              const lists = Object.entries(body as Record<string, unknown>).filter(([, list]) => Array.isArray(list));
              return lists.map(([kind, list]) => `${(list as unknown[]).length} ${kind}`).join();
            }),
      };
    },
  };
}
