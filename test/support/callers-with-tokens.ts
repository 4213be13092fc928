import type { GatewayOptions } from '../../src/gateway-options.ts';
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { type GraphQLAnswer, gatewayWithSandbox, post } from './gateway-with-sandbox.ts';

export const ZHANG_SAN = '7000000000000000001';
export const LI_SI = '7000000000000000002';

/** Names one person, as most tests do. */
export const one = (key: string) => `{ user(key: "${key}") { key } }`;

/**
 * A gateway that asks with the tokens of its callers. `newToken` gives one to a person of the sandbox; `askAs` asks with it;
 * `asked` tells with which token which keys were asked for, in order.
 */
export async function gatewayForCallers(options: { gateway?: Partial<GatewayOptions>; sandbox?: SandboxOptions } = {}) {
  const harness = await gatewayWithSandbox({
    ...options,
    gateway: { identity: 'caller', pluginId: undefined, pluginSecret: undefined, ...options.gateway },
  });
  const { gateway, sandbox } = harness;
  const send = (query: string, headers: Record<string, string>) => post(gateway, { query }, headers);
  return {
    ...harness,
    newToken: (userKey = ZHANG_SAN) => sandbox.userAccessToken(userKey),
    send,
    askAs: async (token: string, query: string, headers: Record<string, string> = {}): Promise<GraphQLAnswer> =>
      (await send(query, { 'x-lark-user-token': token, ...headers })).json(),
    asked: () =>
      sandbox.calls().map(({ token, body }) => ({ token, keys: (body as { user_keys?: string[] }).user_keys })),
  };
}
