import { createHash } from 'node:crypto';

/** What gateways have to have in common in order to share something. */
export interface Deployment {
  readonly baseUrl: string;
  /** `undefined` where callers bring tokens of their own. */
  readonly pluginId: string | undefined;
  readonly tokenType: 'official' | 'virtual';
  /** The acting person: another sees other people. */
  readonly userKey: string | undefined;
}

/**
 * Names of keys. The part in braces is what a Cluster places a key by: so all keys of one credential are in one place, and can be
 * asked for in one command. Two gateways in front of different APIs, or with different plugins, never meet.
 */
export interface KeyNames {
  /** Calls made with one credential. */
  quota(identity: string): { readonly calls: string; readonly state: string };
  readonly token: string;
  readonly tokenLock: string;
  /** Who is there. */
  readonly replicas: string;
  /** The channels on which gateways tell whom to forget, and that they have done so. */
  readonly forget: string;
  readonly acknowledged: string;
  /** What was told on it. */
  readonly forgotten: string;
  /** Those that were named. */
  readonly tenants: string;
  /** What callers have asked for. */
  readonly callers: string;
  /** What is known of one person or identifier. @param entry the name of its sealed entry. */
  person(entry: string): string;
}

const PLUGIN_IDENTITY = 'plugin';

export function createKeyNames(prefix: string, deployment: Deployment): KeyNames {
  const { baseUrl, pluginId, tokenType, userKey } = deployment;
  const gateways = tagOf(baseUrl, pluginId ?? '');
  const viewers = tagOf(baseUrl, pluginId ?? '', tokenType, userKey ?? '');
  const quotaTag = (identity: string) =>
    identity === PLUGIN_IDENTITY ? tagOf(baseUrl, pluginId ?? '', tokenType) : tagOf(baseUrl, identity);
  return {
    quota: (identity) => {
      const tag = quotaTag(identity);
      return { calls: `${prefix}{${tag}}:calls`, state: `${prefix}{${tag}}:quota` };
    },
    token: `${prefix}{${quotaTag(PLUGIN_IDENTITY)}}:token`,
    tokenLock: `${prefix}{${quotaTag(PLUGIN_IDENTITY)}}:token-lock`,
    replicas: `${prefix}{${gateways}}:replicas`,
    forget: `${prefix}{${gateways}}:forget`,
    acknowledged: `${prefix}{${gateways}}:acknowledged`,
    forgotten: `${prefix}{${gateways}}:forgotten`,
    tenants: `${prefix}{${gateways}}:tenants`,
    callers: `${prefix}{${gateways}}:callers`,
    person: (entry) => `${prefix}{${viewers}}:${entry}`,
  };
}

/** Does not change with the secret: calls are counted together while that is replaced. */
const tagOf = (...parts: string[]) => createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 16);
