import type { GatewayOptions } from '../gateway-options.ts';
import { ASYMMETRIC_ALGORITHMS } from '../http/callers/authentication.ts';
import { parseRedisUrl } from '../redis/redis-url.ts';
import * as is from './checks.ts';

/** The hash is not repeated: it may be the key itself. */
const apiKey = is.shape({
  needed: {
    name: is.matching('1 to 64 letters, digits, "-", "_" and "."', /^[\w.-]{1,64}$/),
    sha256: is.matching('the SHA-256 of the key, 64 hex digits', /^[\da-f]{64}$/i, true),
  },
  optional: { scopes: is.listOf(is.text), tenantKeys: is.listOf(is.text) },
});

const AUTH: Readonly<Record<string, is.Check>> = {
  none: is.shape({ optional: { hosts: is.oneOf('loopback', 'any') } }),
  'api-key': is.shape({ needed: { keys: is.listOf(apiKey) } }),
  jwt: is.shape({
    needed: { jwksUrl: is.httpAddress, issuer: is.text, audience: is.text },
    optional: {
      algorithms: is.listOf(is.oneOf(...ASYMMETRIC_ALGORITHMS)),
      clockToleranceSeconds: is.atLeast(0, ', in seconds'),
    },
  }),
};

const auth: is.Check = (value, path) => {
  const kinds = is.shape({ needed: { kind: is.oneOf(...Object.keys(AUTH)) } })(value, path);
  return kinds.length > 0 ? kinds : (AUTH[(value as { kind: string }).kind]?.(value, path) ?? []);
};

const isRedisAddress = (value: unknown) => typeof value === 'string' && parseRedisUrl(value) !== undefined;

/** All but `baseUrl`, which alone is always needed. An option that is not here does not compile. */
const OPTIONAL = {
  proxy: is.shape({ optional: { httpProxy: is.proxyAddress, httpsProxy: is.proxyAddress } }),
  maxConnections: is.count(1),
  maxResponseBytes: is.count(1),
  identity: is.oneOf('plugin', 'caller'),
  pluginId: is.text,
  pluginSecret: is.secret,
  tokenType: is.oneOf('official', 'virtual'),
  userKey: is.text,
  timeoutMs: is.deadline,
  clock: is.callback,
  telemetry: is.callback,
  requestTimeoutMs: is.deadline,
  callsPerSecond: is.atLeast(1),
  queueLimit: is.count(0),
  cache: is.shape({
    optional: {
      ttlMs: is.milliseconds,
      negativeTtlMs: is.milliseconds,
      staleMs: is.milliseconds,
      maxEntries: is.count(1),
    },
  }),
  redis: is.shape({
    needed: { url: is.expecting('the address of a Redis, such as redis://host:6379', isRedisAddress, true) },
    optional: { keyPrefix: is.text, timeoutMs: is.deadline, encryptionKey: is.secret, replicasHint: is.count(1) },
  }),
  forgetChannel: is.shape({ needed: { publish: is.callback, listen: is.callback } }),
  retry: is.shape({ optional: { maxAttempts: is.count(1), baseMs: is.milliseconds } }),
  breaker: is.shape({ optional: { failures: is.count(1), halfOpenAfterMs: is.milliseconds } }),
  random: is.callback,
  maxIdentifiers: is.count(1),
  maxBodyBytes: is.count(1),
  maxBatchedOperations: is.count(0),
  fastPath: is.flag,
  auth,
  tenantKeys: is.listOf(is.text),
  emailNeedsScope: is.flag,
  identifiersPerMinute: is.count(1),
  corsOrigins: is.listOf(is.origin),
  corsAllowedHeaders: is.listOf(is.matching('the name of a header, such as x-app-version', /^[\w.-]{1,100}$/)),
  csrfPrevention: is.flag,
  introspection: is.flag,
  subgraphSdl: is.flag,
  trustReferences: is.flag,
  trustedDocuments: is.expecting(
    'documents by their ids, each a text',
    (value) => is.isObject(value) && Object.values(value).every((document) => typeof document === 'string'),
  ),
  graphiql: is.shape({
    needed: { key: is.text, email: is.text, outId: is.text },
    optional: { keys: is.listOf(is.text) },
  }),
  people: is.oneOf('made-up', 'real'),
  metrics: is.oneOf(true, false, 'apart'),
  gatherMetrics: is.callback,
  log: is.shape({
    needed: { write: is.callback },
    optional: { level: is.oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent') },
  }),
} satisfies Record<Exclude<keyof GatewayOptions, 'baseUrl'>, is.Check>;

const options = is.shape({ needed: { baseUrl: is.baseAddress }, optional: OPTIONAL });

/**
 * TypeScript says most of it; programs in JavaScript, and figures out of a file, come this far.
 * @throws TypeError with all mistakes at once: what was expected, and what came. No secret is repeated.
 */
export function checkOptions(given: GatewayOptions): void {
  const mistakes = [...options(given, ''), ...(is.isObject(given) ? missingIn(given) : [])];
  if (mistakes.length === 0) return;
  const count = mistakes.length === 1 ? 'an option is' : `${mistakes.length} options are`;
  throw new TypeError(`createGateway: ${count} wrong:\n${mistakes.map((mistake) => `  - ${mistake}`).join('\n')}`);
}

/** What only some of the others need. */
function missingIn({ identity, pluginId, pluginSecret, redis }: GatewayOptions): string[] {
  if (identity === 'caller') {
    const isSealed = !redis || redis.encryptionKey !== undefined;
    return isSealed ? [] : ['Expected redis.encryptionKey, since there is no plugin secret.'];
  }
  const isComplete = pluginId !== undefined && pluginSecret !== undefined;
  return isComplete ? [] : ['Expected pluginId and pluginSecret, or the identity "caller".'];
}
