import { createHash } from 'node:crypto';

/** What gateways must have in common to share state. */
export interface Deployment {
  readonly baseUrl: string;
  /** `undefined` where callers send tokens of their own. */
  readonly pluginId: string | undefined;
  readonly tokenType: 'official' | 'virtual';
  /** The acting user, which decides which users are visible. */
  readonly userKey: string | undefined;
}

/**
 * Names of keys. The part in braces is the hash tag of a Cluster: all keys of one credential are in one slot, so that one command can
 * read them. Gateways with different APIs or plugins share no key.
 */
export interface KeyNames {
  /** Calls made with one credential. */
  quota(identity: string): { readonly calls: string; readonly state: string };
  readonly token: string;
  readonly tokenLock: string;
  /** The gateways with a recent heartbeat. */
  readonly replicas: string;
  /** The channels for users to forget, and for acknowledgements. */
  readonly forget: string;
  readonly acknowledged: string;
  /** The messages of the channel. */
  readonly forgotten: string;
  /** The tenants in use. */
  readonly tenants: string;
  /** Identifiers counted by caller. */
  readonly callers: string;
  /** One user or alias. @param entry the name of its encrypted entry. */
  user(entry: string): string;
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
    user: (entry) => `${prefix}{${viewers}}:${entry}`,
  };
}

/** Independent of the secret: calls are counted together while it is replaced. */
const tagOf = (...parts: string[]) => createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 16);
