/** The address of Redis or Valkey. */
export interface RedisAddress {
  readonly kind: 'server' | 'sentinel' | 'cluster';
  readonly isTls: boolean;
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Of one server, or of what Sentinels watch. */
  readonly db?: number | undefined;
  /** The name under which Sentinels know the server. */
  readonly masterName?: string | undefined;
}

const SCHEME = /^(redis|rediss|valkey|valkeys)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/]+)(?:\/(.*))?$/;
const DEFAULT_PORT = { server: 6379, sentinel: 26379, cluster: 6379 } as const;

/**
 * Reads `redis://user:password@host:6379/0`; `rediss://…` for TLS; `redis+sentinel://host:26379,host:26379/name/0`;
 * `redis+cluster://host:6379,host:6379`. `valkey` and `valkeys` mean the same as `redis` and `rediss`.
 * @returns `undefined` where the text is none of these. It may contain a password, so it must not be printed.
 */
export function parseRedisUrl(text: string): RedisAddress | undefined {
  const [, scheme = '', variant, credential, hostList = '', path = ''] = SCHEME.exec(text) ?? [];
  const kind = variant === 'sentinel' || variant === 'cluster' ? variant : 'server';
  const hosts = hostList.split(',').map((host) => parseHost(host, DEFAULT_PORT[kind]));
  const parts = path === '' ? [] : path.split('/');
  const masterName = kind === 'sentinel' ? parts.shift() : undefined;
  const [db, ...rest] = parts;
  const isWrong =
    scheme === '' ||
    hosts.includes(undefined) ||
    (kind === 'server' && hosts.length > 1) ||
    (kind === 'sentinel' && !masterName) ||
    (db !== undefined && (kind === 'cluster' || !/^\d{1,4}$/.test(db))) ||
    rest.length > 0;
  const parsed = parseCredential(credential ?? '');
  if (isWrong || !parsed) return undefined;
  const [username, password] = parsed;
  return {
    kind,
    isTls: scheme.endsWith('s') && scheme !== 'redis',
    hosts: hosts.filter((host) => host !== undefined),
    username,
    password,
    db: db === undefined ? undefined : Number(db),
    masterName,
  };
}

function parseHost(text: string, defaultPort: number): { host: string; port: number } | undefined {
  if (!URL.canParse(`http://${text}`)) return undefined;
  const { hostname, port, pathname, username, search, hash } = new URL(`http://${text}`);
  if (pathname + username + search + hash !== '/') return undefined;
  // The parser drops the port of http.
  const isPort80 = text.endsWith(':80');
  return { host: hostname.replace(/^\[|\]$/g, ''), port: isPort80 ? 80 : Number(port || defaultPort) };
}

/** @returns `undefined` where the percent-encoding is invalid. */
function parseCredential(text: string): [username: string | undefined, password: string | undefined] | undefined {
  if (text === '') return [undefined, undefined];
  const at = text.indexOf(':');
  const decode = (part: string) => (part === '' ? undefined : decodeURIComponent(part));
  try {
    return at < 0 ? [undefined, decode(text)] : [decode(text.slice(0, at)), decode(text.slice(at + 1))];
  } catch {
    return undefined;
  }
}
