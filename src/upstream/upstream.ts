import type { Clock } from '../policies/clock.ts';
import type { Telemetry } from '../telemetry/events.ts';
import type { Traces } from '../telemetry/tracing.ts';
import type { TokenStore } from './plugin-token.ts';
import { createPluginToken, type PluginCredential, type PluginToken } from './plugin-token.ts';
import { createTransport, type TransportOptions } from './transport.ts';
import { createUserQuery, type QueryUsers } from './user-query.ts';
import { isHeaderText } from './user-token.ts';

export interface UpstreamOptions extends TransportOptions {
  /**
   * The token of calls: the plugin's, or the user access token that each request sends in `x-lark-user-token`. With `caller` the plugin's credential and `userKey` are not used. @default plugin
   */
  identity?: 'plugin' | 'caller' | undefined;
  /** `MII_…`, from the developer console. Needed with the identity `plugin`. */
  pluginId?: string | undefined;
  /** Needed with the identity `plugin`. */
  pluginSecret?: string | undefined;
  /** A virtual token is for development: only the plugin's collaborators can be found with it. @default official */
  tokenType?: 'official' | 'virtual' | undefined;
  /** `X-USER-KEY`: the acting user, in visible ASCII without spaces. Not needed with a plugin token. @default not sent */
  userKey?: string | undefined;
  /** Total deadline of one call to the user API, in milliseconds. @default 3000 */
  timeoutMs?: number | undefined;
  /** Milliseconds on a clock that never jumps. @default the process' monotonic clock */
  clock?: Clock | undefined;
  /** Receives every event of the gateway, in figures, synchronously. @default none */
  telemetry?: Telemetry | undefined;
}

/** What the gateway adds to the options of its users. */
export interface UpstreamContext {
  /** Shares the plugin token with other processes. @default each process has its own */
  tokenStore?: TokenStore | undefined;
  traces?: Traces | undefined;
}

/** The user API as the gateway sees it. */
export interface Upstream {
  readonly queryUsers: QueryUsers;
  /** `undefined` where callers send tokens of their own. */
  readonly pluginToken: PluginToken | undefined;
  /** Cancels what is in flight, and closes all connections. */
  close(): Promise<void>;
}

/** @throws TypeError where the identity is `plugin`, and its id or secret is missing, or no header can hold `userKey`. */
export function createUpstream(options: UpstreamOptions & UpstreamContext): Upstream {
  const timeoutMs = options.timeoutMs ?? 3_000;
  const credential = pluginCredentialOf(options);
  const transport = createTransport(options);
  const pluginToken = credential && createPluginToken({ ...options, ...credential, transport, timeoutMs });
  return {
    queryUsers: createUserQuery({ ...options, transport, pluginToken, timeoutMs }),
    pluginToken,
    async close() {
      pluginToken?.close();
      await transport.close();
    },
  };
}

function pluginCredentialOf(options: UpstreamOptions): PluginCredential | undefined {
  const { identity = 'plugin', pluginId, pluginSecret, tokenType, userKey } = options;
  if (identity === 'caller') return undefined;
  if (pluginId === undefined || pluginSecret === undefined) {
    throw new TypeError('Expected pluginId and pluginSecret, or the identity "caller".');
  }
  if (userKey && !isHeaderText(userKey)) {
    throw new TypeError(`Expected a userKey of visible ASCII without spaces, got ${JSON.stringify(userKey)}.`);
  }
  return { pluginId, pluginSecret, tokenType };
}
