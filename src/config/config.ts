import type { GatewayOptions } from '../gateway-options.ts';
import type { DrainOptions } from '../http/server.ts';
import { type CallerConfig, callerConfig } from './callers.ts';
import { type ExposureConfig, exposureConfig } from './exposure.ts';
import { proxyOptions } from './proxy.ts';
import { hasPasswordInClear, redisConfig } from './redis.ts';
import { isSafeHttpUrl } from './setting.ts';
import { ConfigError, type SettingName, type Settings, settings } from './settings.ts';
import { type Environment, isServiceLink, mergeSources, readSecretFiles, type Sources } from './sources.ts';
import { chooseUpstream, hasMadeUpPeople, type RealUpstream, type SandboxUpstream } from './upstream-choice.ts';

/** Everything `serve` and `check` need to know, checked. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** Processes that serve it. */
  readonly workers: number;
  /** Where `/metrics` has a port of its own. */
  readonly metricsPort: number | undefined;
  readonly logLevel: NonNullable<Settings['LOG_LEVEL']>;
  /** What works, but is probably not meant: logged at the start. */
  readonly warnings: readonly string[];
  readonly upstream: SandboxUpstream | RealUpstream;
  readonly shutdown: DrainOptions;
  readonly callers: CallerConfig;
  readonly exposure: ExposureConfig;
  /** Where several gateways meet; `undefined` for a gateway for itself. */
  readonly redis: GatewayOptions['redis'];
  /** For `createGateway`, without the upstream's part. */
  readonly limits: Pick<
    GatewayOptions,
    | 'maxIdentifiers'
    | 'maxBodyBytes'
    | 'maxBatchedOperations'
    | 'fastPath'
    | 'timeoutMs'
    | 'requestTimeoutMs'
    | 'callsPerSecond'
    | 'queueLimit'
    | 'cache'
    | 'proxy'
  >;
}

/**
 * @param needs `credential` where the sandbox will not do.
 * @throws ConfigError with every mistake found in flags, environment, `.env` and secret files.
 */
export function readConfig(sources: Sources, needs: 'anything' | 'credential' = 'anything'): Config {
  const mistakes: string[] = [];
  const warnings: string[] = [];
  const environment = readSecretFiles(mergeSources(sources, mistakes, warnings), mistakes);
  const values = parseSettings(environment, mistakes);
  const isProduction = environment.NODE_ENV?.trim().toLowerCase() === 'production';
  // Also where its file could not be read, which is a mistake of its own.
  const isSet = (name: SettingName) => (environment[name] ?? environment[`${name}_FILE`]) !== undefined;
  const upstream = chooseUpstream(values, { isSet, isProduction, needsCredential: needs === 'credential' }, mistakes);

  const host = values.HOST ?? '127.0.0.1';
  const callers = callerConfig(values, { host, hasMadeUpPeople: hasMadeUpPeople(upstream), isSet }, mistakes);
  const exposure = exposureConfig(values, isProduction, mistakes);
  const redis = redisConfig(values, isSet, mistakes);
  const { MAX_IDENTIFIERS: maxIdentifiers = 1_000, QUEUE_LIMIT: queueLimit = 6_000 } = values;
  if (queueLimit < maxIdentifiers) {
    mistakes.push(
      `QUEUE_LIMIT: expected at least MAX_IDENTIFIERS (${maxIdentifiers}), got ${queueLimit}: a large operation would never find room.`,
    );
  }
  const { PORT: port = 4_000, METRICS_PORT: metricsPort } = values;
  if (metricsPort === port && port !== 0) {
    mistakes.push(`METRICS_PORT: expected another port than PORT (${port}). Without it, /metrics is served there.`);
  }
  if (upstream?.kind === 'sandbox' && upstream.port === port && port !== 0) {
    mistakes.push(`SANDBOX_PORT: expected another port than PORT (${port}): both listen at the same time.`);
  }
  const perMinute = callers.identifiersPerMinute ?? Number.POSITIVE_INFINITY;
  if (perMinute < maxIdentifiers) {
    mistakes.push(
      `IDENTIFIERS_PER_MINUTE: expected at least MAX_IDENTIFIERS (${maxIdentifiers}), got ${perMinute}: a large operation would never be allowed.`,
    );
  }
  // Never between the gateway and its own sandbox.
  const proxy = upstream?.kind === 'sandbox' ? undefined : proxyOptions(environment, mistakes, warnings);
  if (mistakes.length > 0 || !upstream) throw new ConfigError([...mistakes, ...warnings]);
  return {
    host,
    port,
    workers: values.WORKERS ?? 1,
    metricsPort,
    logLevel: values.LOG_LEVEL ?? 'info',
    warnings: [...warnings, ...inQuotes(environment), ...warningsOf(values, exposure)],
    shutdown: {
      delayMs: (values.SHUTDOWN_DELAY_SECONDS ?? 0) * 1_000,
      graceMs: (values.SHUTDOWN_GRACE_SECONDS ?? 10) * 1_000,
    },
    upstream,
    callers,
    exposure,
    redis,
    limits: {
      maxIdentifiers,
      maxBodyBytes: values.MAX_BODY_BYTES ?? 1_048_576,
      maxBatchedOperations: values.MAX_BATCHED_OPERATIONS ?? 0,
      fastPath: values.FAST_PATH ?? true,
      timeoutMs: values.LARK_TIMEOUT_MS ?? 3_000,
      requestTimeoutMs: values.REQUEST_TIMEOUT_MS ?? 10_000,
      callsPerSecond: values.LARK_CALLS_PER_SECOND ?? 15,
      queueLimit,
      cache: {
        ttlMs: (values.CACHE_TTL_SECONDS ?? 60) * 1_000,
        negativeTtlMs: (values.CACHE_NEGATIVE_TTL_SECONDS ?? 5) * 1_000,
        staleMs: (values.CACHE_STALE_SECONDS ?? 3_600) * 1_000,
        maxEntries: values.CACHE_ENTRIES ?? 50_000,
      },
      proxy,
    },
  };
}

function parseSettings(environment: Environment, mistakes: string[]): Settings {
  const values: Record<string, unknown> = {};
  for (const [name, { schema }] of Object.entries(settings)) {
    const text = environment[name]?.trim();
    if (text === undefined) continue;
    const parsed = schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else
      mistakes.push(...parsed.error.issues.map(({ message }) => `${name}: ${message}${serviceLinkHint(name, text)}.`));
  }
  return values as Settings;
}

const serviceLinkHint = (name: string, text: string) =>
  isServiceLink(text)
    ? `, which looks like a Kubernetes service link. Set ${name}, or "enableServiceLinks: false" in the pod`
    : '';

/** `docker run --env-file` and ConfigMaps keep quotes as a part of the value. */
function inQuotes(environment: Environment): string[] {
  const names = Object.keys(settings).filter((name) => /^(["'`]).*\1$/s.test(environment[name]?.trim() ?? ''));
  return names.map((name) => `${name} is in quotes, which are taken as a part of it. Remove them.`);
}

function warningsOf(values: Settings, exposure: ExposureConfig): string[] {
  const { LARK_CALLS_PER_SECOND: callsPerSecond = 0, LARK_BASE_URL: baseUrl, LARK_IDENTITY: identity } = values;
  const { showsGraphiql, introspection, csrfPrevention } = exposure;
  return [
    callsPerSecond > 15 &&
      `LARK_CALLS_PER_SECOND is ${callsPerSecond}: the user API refuses more than 15 a second with one token, unless your contract says otherwise.`,
    showsGraphiql &&
      !introspection &&
      'INTROSPECTION is off, so GraphiQL shows no documentation and completes nothing.',
    baseUrl !== undefined &&
      !isSafeHttpUrl(baseUrl) &&
      `LARK_BASE_URL is plain http: ${identity === 'caller' ? '' : 'the plugin secret, '}tokens and users travel in clear. Set an address with https.`,
    hasPasswordInClear(values.REDIS_URL) &&
      'REDIS_URL is plain redis: its password travels in clear. Set rediss://, unless the network is yours alone.',
    csrfPrevention === false &&
      'CSRF_PREVENTION is off: a page of any site can send requests from the browsers of your users.',
  ].filter((warning) => warning !== false);
}
