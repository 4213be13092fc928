import { readConfig } from '../config/config.ts';
import type { Sources } from '../config/sources.ts';
import { type ErrorCode, GatewayError } from '../errors.ts';
import type { GatewayEvent } from '../telemetry/events.ts';
import type { LarkUser } from '../upstream/lark-user.ts';
import { ProxyError } from '../upstream/transport.ts';
import { createUpstream, type Upstream } from '../upstream/upstream.ts';

/** No user has this key: the user API answers it all the same, after it has checked token and permission. */
const UNUSED_KEY = '7000000000000000000';

/**
 * Gets a token, looks one user up, and prints the outcome of each step.
 * @param key of a user who should be found; without it, any answer will do.
 */
export async function check(sources: Sources, key: string | undefined): Promise<void> {
  const config = readConfig(sources, 'credential');
  if (config.upstream.kind !== 'real') throw new TypeError('Expected a credential.');
  const { limits } = config;
  const { credential } = config.upstream;
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(`Checking ${credential.baseUrl} with plugin ${credential.pluginId}, ${credential.tokenType} token`);
  for (const warning of config.warnings) say(`  mind    ${warning}`);

  const telemetry = (event: GatewayEvent) => {
    if (event.type === 'token-renewal' && event.outcome === 'renewed') say('  token   got one');
  };
  const upstream = createUpstream({ ...credential, ...limits, telemetry });
  try {
    const asked = key ?? credential.userKey ?? UNUSED_KEY;
    const result = await askOnce(upstream, asked);
    if (result instanceof GatewayError) {
      say(`  failed  ${result.code}: ${result.message}`);
      const { code, logId } = result.upstream ?? {};
      if (code) say(`  error   ${code} (err_code of the user API)`);
      if (logId) say(`  log id  ${logId} (vendor support asks for it)`);
      say(`  next    ${advice(result, credential.baseUrl)}`);
      process.exitCode = 1;
      return;
    }
    const isMissing = !result && asked !== UNUSED_KEY;
    say(`  query   answered${result ? ', and found the user' : isMissing ? ', but found no user with this key' : ''}`);
    if (isMissing) say(`  next    ${missingAdvice(credential.tokenType)}`);
    else if (credential.tokenType === 'virtual') say(`  mind    ${VIRTUAL_TOKEN}`);
    say(isMissing ? 'The user API answers, but this user cannot be found.' : 'All is well.');
    if (isMissing) process.exitCode = 1;
  } finally {
    await upstream.close();
  }
}

/** One token, one query: a check must not use up what it checks. */
async function askOnce({ queryUsers }: Upstream, key: string): Promise<LarkUser | null | GatewayError> {
  try {
    const answer = await queryUsers({ kind: 'key', identifiers: [key] });
    if ('tokenRefused' in answer) return answer.tokenRefused;
    return answer.people.find((person) => person.key === key) ?? null;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

const VIRTUAL_TOKEN =
  'With a virtual token only the collaborators of the plugin can be found. To find all users, set LARK_TOKEN_TYPE=official.';

const missingAdvice = (tokenType: string | undefined) =>
  tokenType === 'virtual' ? VIRTUAL_TOKEN : 'Check the key (19 digits), and that this is the host of the user.';

/** What to do next, in one sentence. */
function advice(error: GatewayError, baseUrl: string): string {
  const byCode: Partial<Record<ErrorCode, string>> = {
    UPSTREAM_UNAUTHENTICATED:
      'Copy plugin id and secret once more from the developer console, and check that LARK_TOKEN_TYPE suits them.',
    UPSTREAM_FORBIDDEN:
      'Correct what the message names, in the developer console of Lark Project or in the settings here.',
    UPSTREAM_BAD_RESPONSE: `${baseUrl} does not answer like the user API: check LARK_BASE_URL, and any proxy on the way.`,
    UPSTREAM_TIMEOUT: `Check that ${baseUrl} can be reached from here (proxy, firewall), or raise LARK_TIMEOUT_MS.`,
    UPSTREAM_RATE_LIMITED: 'Another program uses up the quota of this plugin: wait, or use a plugin of your own.',
    UPSTREAM_REJECTED: `Look ${error.upstream?.code ?? 'the error code'} up in the handbook of Lark Project, page "Open API error codes".`,
    UPSTREAM_UNAVAILABLE: unavailableAdvice(error, baseUrl),
  };
  return byCode[error.code] ?? 'Look at the message above.';
}

function unavailableAdvice({ cause }: GatewayError, baseUrl: string): string {
  if (cause instanceof ProxyError) return proxyAdvice(cause, baseUrl);
  if (cause === undefined) {
    return `Try again in a minute; if it stays so, ask the operator of ${baseUrl}, or the proxy on the way, which may have answered in its place.`;
  }
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const known = CONNECTION_ADVICE.find(([pattern]) => pattern.test(code));
  if (known) return known[1](baseUrl, code);
  return `Check LARK_BASE_URL (${baseUrl}) and the network from here to there${code ? ` (${code})` : ''}; then try again.`;
}

function proxyAdvice({ status, cause }: ProxyError, baseUrl: string): string {
  const proxy = 'The proxy of HTTPS_PROXY or HTTP_PROXY';
  if (status === 407) return `${proxy} expects a user and password: http://user:password@host:port.`;
  if (status !== undefined) {
    return `${proxy} does not let through to ${baseUrl} (status ${status}): ask its operator, or name the host in NO_PROXY.`;
  }
  const { code } = cause as NodeJS.ErrnoException;
  return code === undefined
    ? `${proxy} does not answer as an HTTP proxy: check its address, or name the host in NO_PROXY.`
    : `${proxy} cannot be reached (${code}): check its address, or name the host in NO_PROXY.`;
}

/** By the code that Node or OpenSSL gives; the first that fits. */
const CONNECTION_ADVICE: readonly (readonly [RegExp, (baseUrl: string, code: string) => string])[] = [
  [/^(ENOTFOUND|EAI_AGAIN)$/, (baseUrl) => `There is no host of this name: check LARK_BASE_URL (${baseUrl}).`],
  [/^ECONNREFUSED$/, (baseUrl) => `Nothing listens at ${baseUrl}: check LARK_BASE_URL.`],
  [
    /^(CERT_NOT_YET_VALID|CERT_HAS_EXPIRED)$/,
    (baseUrl, code) =>
      `The certificate of ${baseUrl} is not valid at this time (${code}): check the clock of this machine; if it is right, tell the operator of that host.`,
  ],
  [
    /ALTNAME/,
    (baseUrl) => `The certificate is for another name than the one of ${baseUrl}: check the host in LARK_BASE_URL.`,
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/,
    (baseUrl, code) =>
      `The certificate of ${baseUrl} is not trusted (${code}): name your company's CA in NODE_EXTRA_CA_CERTS.`,
  ],
  [
    /^(EPROTO|ERR_SSL_)/,
    (baseUrl) => `No TLS is spoken at ${baseUrl}: check the port in LARK_BASE_URL, and whether it is http.`,
  ],
];
