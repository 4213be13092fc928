import { onTestFinished } from 'vitest';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import type { GatewayOptions } from '../../src/gateway-options.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import type { GatewayEvent } from '../../src/telemetry/events.ts';
import type { LogOptions } from '../../src/telemetry/log.ts';
import type { TypedDocumentString } from '../generated/graphql.ts';

export interface GraphQLAnswer<Data = Record<string, unknown>> {
  data?: Data | null;
  errors?: {
    message: string;
    path?: (string | number)[];
    extensions?: { code?: string; upstream?: { code?: number; logId?: string }; retryAfterMs?: number };
  }[];
}

export interface Harness {
  readonly gateway: Gateway;
  readonly sandbox: Sandbox;
  /** What the gateway told its telemetry, in order. */
  readonly events: GatewayEvent[];
  /** Sends a query over the Fetch API, as Yoga's own tests do: no port, the whole HTTP path. */
  query<Data = Record<string, unknown>, Variables = Record<string, unknown>>(
    document: string | TypedDocumentString<Data, Variables>,
    variables?: NoInfer<Variables>,
  ): Promise<GraphQLAnswer<Data>>;
  /** Bodies of the user queries that the sandbox received, in order. */
  upstreamCalls(): unknown[];
  /** How many tokens were asked for. */
  tokenCalls(): number;
}

/** A gateway in front of a sandbox, over real HTTP; both end with the test. The sandbox' quota is off unless asked for. */
export async function gatewayWithSandbox(
  options: { gateway?: Partial<GatewayOptions>; sandbox?: SandboxOptions } = {},
): Promise<Harness> {
  const sandbox = await startSandbox({ callsPerSecond: Number.POSITIVE_INFINITY, ...options.sandbox });
  const events: GatewayEvent[] = [];
  const gateway = createGateway({
    baseUrl: sandbox.url,
    ...sandbox.credential,
    auth: { kind: 'none', hosts: 'any' },
    telemetry: (event) => events.push(event),
    log: faultsTo((fault) => {
      throw new Error(`A fault of the gateway that no test expects:\n${fault}`);
    }),
    ...options.gateway,
  });
  onTestFinished(async () => {
    await gateway.dispose();
    await sandbox.close();
  });
  const callsOf = (name: 'plugin_token' | 'user_query') => sandbox.calls().filter((call) => call.interface === name);
  return {
    gateway,
    sandbox,
    events,
    query: async (document, variables) => (await post(gateway, { query: String(document), variables })).json(),
    upstreamCalls: () => callsOf('user_query').map(({ body }) => body),
    tokenCalls: () => callsOf('plugin_token').length,
  };
}

/** A GET needs a header that a page of another site cannot send unasked. */
export const UNASKED = { 'x-graphql-yoga-csrf': '1' };

/** A log of the gateway's own faults only, each as text: message, figures and stack. */
export const faultsTo = (take: (fault: string) => void): LogOptions => ({
  level: 'error',
  write: ({ message, fields }) => take(`${message} ${JSON.stringify(fields)}`),
});

/** POSTs any JSON to `/graphql`. */
export function post(gateway: Gateway, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return gateway.fetch(
    new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }),
  );
}

/** The errors of an answer as `path: code`, in the order of their paths. */
export function codesByPath({ errors = [] }: GraphQLAnswer<unknown>): string[] {
  return errors.map(({ path, extensions }) => `${path?.join('.') ?? '(request)'}: ${extensions?.code}`).toSorted();
}
