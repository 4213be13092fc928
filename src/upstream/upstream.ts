import type { Clock } from '../policies/clock.ts';
import type { Telemetry } from '../telemetry/events.ts';
import { createPluginToken, type PluginCredential, type PluginToken } from './plugin-token.ts';
import { createTransport, type TransportOptions } from './transport.ts';
import { createUserQuery, type QueryUsers } from './user-query.ts';

export interface UpstreamOptions extends TransportOptions, PluginCredential {
  /** `X-USER-KEY`: the acting person. Not needed with a plugin token. @default not sent */
  userKey?: string | undefined;
  /** Total deadline of one call to the user API, in milliseconds. @default 3000 */
  timeoutMs?: number | undefined;
  clock?: Clock | undefined;
  telemetry?: Telemetry | undefined;
}

/** The user API as the gateway sees it. */
export interface Upstream {
  readonly queryUsers: QueryUsers;
  readonly pluginToken: PluginToken;
  /** Ends what is under way, and all connections. */
  close(): Promise<void>;
}

export function createUpstream(options: UpstreamOptions): Upstream {
  const timeoutMs = options.timeoutMs ?? 3_000;
  const transport = createTransport(options);
  const pluginToken = createPluginToken({ ...options, transport, timeoutMs });
  return {
    queryUsers: createUserQuery({ ...options, transport, pluginToken, timeoutMs }),
    pluginToken,
    async close() {
      pluginToken.close();
      await transport.close();
    },
  };
}
