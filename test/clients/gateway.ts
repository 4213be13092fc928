import { ANY_PORTS, runCli } from '../support/run-cli.ts';

/** One request of a client, and what came of it. */
export interface Exchange {
  readonly method: string;
  /** What the client sent: the JSON of its body, or the parameters of its address. */
  readonly sent: Readonly<Record<string, unknown>>;
  readonly status: number;
}

export interface RunningGateway {
  /** Of `/graphql`. */
  readonly url: string;
  readonly exchanges: readonly Exchange[];
  /** The `fetch` of the platform, which notes each exchange. */
  readonly fetch: typeof globalThis.fetch;
}

/** The built command with its embedded sandbox, as users start it. It ends with the test. */
export async function startGateway(environment: Record<string, string> = {}): Promise<RunningGateway> {
  const banner = await runCli([], { ...ANY_PORTS, ...environment }).until('/graphql');
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+\/graphql/.exec(banner) ?? [];
  await whenReady(new URL('/readiness', url));
  const exchanges: Exchange[] = [];
  // A test may put this one in the place of the platform's.
  const send = globalThis.fetch;
  return {
    url,
    exchanges,
    async fetch(input, init) {
      const request = new Request(input, init);
      const sent = await sentIn(request.clone());
      const response = await send(request);
      exchanges.push({ method: request.method, sent, status: response.status });
      return response;
    },
  };
}

async function sentIn(request: Request): Promise<Exchange['sent']> {
  if (request.method === 'GET') return Object.fromEntries(new URL(request.url).searchParams);
  return (await request.json()) as Exchange['sent'];
}

async function whenReady(url: URL): Promise<void> {
  while ((await fetch(url)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
}
