import { type Reply, tokenErrorReply, tokenReply } from './reply.ts';
import type { ParsedBody } from './request-body.ts';
import type { Tokens } from './tokens.ts';

export interface PluginTokenRules {
  readonly pluginId: string;
  readonly pluginSecret: string;
  readonly tokenLifetimeSeconds: number;
  readonly tokens: Tokens;
}

/** `POST /open_api/authen/plugin_token`: every call gets a token of its own, earlier ones stay good until they expire [?]. */
export function answerPluginToken(body: ParsedBody, rules: PluginTokenRules): Reply {
  if (!body.isJson) return tokenErrorReply(20006, body.problem, 400);
  // Many programs send no type [use].
  const { plugin_id, plugin_secret, type = 0 } = (body.value ?? {}) as Readonly<Record<string, unknown>>;
  if (plugin_id !== rules.pluginId || plugin_secret !== rules.pluginSecret) {
    return tokenErrorReply(10001, 'plugin_id or plugin_secret is wrong; GET / names the pair this sandbox takes');
  }
  if (type !== 0 && type !== 1) {
    return tokenErrorReply(20006, 'type must be the number 0 (official token) or 1 (virtual token)');
  }
  return tokenReply(rules.tokens.issue(type === 0 ? 'official' : 'virtual'), rules.tokenLifetimeSeconds);
}
