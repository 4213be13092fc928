import type { ErrorCode, GatewayError } from '../errors.ts';
import { ProxyError } from '../upstream/transport.ts';

/** What to do next, in one sentence. */
export function advice(error: GatewayError, baseUrl: string): string {
  const byCode: Partial<Record<ErrorCode, string>> = {
    UPSTREAM_UNAUTHENTICATED:
      'Copy plugin id and secret once more from the developer console, and check that LARK_TOKEN_TYPE suits them.',
    UPSTREAM_FORBIDDEN:
      'Correct what the message names, in the developer console of Lark Project or in the settings here.',
    UPSTREAM_BAD_RESPONSE: `${baseUrl} does not answer like the user API: check LARK_BASE_URL, and any proxy on the way.`,
    UPSTREAM_TIMEOUT: `Check that ${baseUrl} can be reached from here (proxy, firewall), or raise LARK_TIMEOUT_MS.`,
    UPSTREAM_RATE_LIMITED: 'Somebody else uses up the quota of this plugin: wait, or use a plugin of your own.',
    UPSTREAM_REJECTED: `Look ${error.upstream?.code ?? 'the error code'} up in the handbook of Lark Project, page "Open API error codes".`,
    UPSTREAM_UNAVAILABLE: unavailableAdvice(error, baseUrl),
  };
  return byCode[error.code] ?? 'Look at the message above.';
}

function unavailableAdvice({ cause }: GatewayError, baseUrl: string): string {
  if (cause instanceof ProxyError) return proxyAdvice(cause, baseUrl);
  if (cause === undefined) {
    return `Try again in a minute; if it stays so, ask whoever runs ${baseUrl}, or the proxy on the way, which may have answered in its place.`;
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
      `The certificate of ${baseUrl} is not valid at this time (${code}): check the clock of this machine; if it is right, tell whoever runs that host.`,
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
