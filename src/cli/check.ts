import { readConfig } from '../config/config.ts';
import type { Sources } from '../config/environment.ts';
import { type ErrorCode, GatewayError } from '../errors.ts';
import type { GatewayEvent } from '../telemetry/events.ts';
import type { Person } from '../upstream/person.ts';
import { createUpstream, type Upstream } from '../upstream/upstream.ts';

/** Nobody has this key: the user API answers it all the same, after it has checked token and permission. */
const NOBODYS_KEY = '7000000000000000000';

/**
 * Gets a token and asks for one person, and prints how each step went.
 * @param key a person who should be found; without it, an answer is all that is asked for.
 */
export async function check(sources: Sources, key: string | undefined): Promise<void> {
  const config = readConfig(sources, 'credential');
  if (config.upstream.kind !== 'real') throw new TypeError('Expected a credential.');
  const { limits } = config;
  const { credential } = config.upstream;
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(`Checking ${credential.baseUrl} with plugin ${credential.pluginId}, ${credential.tokenType} token`);

  const telemetry = (event: GatewayEvent) => {
    if (event.type === 'token-renewal' && event.outcome === 'renewed') say('  token   got one');
  };
  const upstream = createUpstream({ ...credential, ...limits, telemetry });
  try {
    const asked = key ?? credential.userKey ?? NOBODYS_KEY;
    const result = await askOnce(upstream, asked);
    if (result instanceof GatewayError) {
      say(`  failed  ${result.code}: ${result.message}`);
      say(`  next    ${advice(result, credential.baseUrl)}`);
      if (result.upstream?.logId) say(`  log id  ${result.upstream.logId} (vendor support asks for it)`);
      process.exitCode = 1;
      return;
    }
    const isMissing = !result && asked !== NOBODYS_KEY;
    say(`  query   answered${result ? ', and found the person' : isMissing ? ', but found nobody with this key' : ''}`);
    if (isMissing) say(`  next    ${missingAdvice(credential.tokenType)}`);
    else if (credential.tokenType === 'virtual') say(`  mind    ${VIRTUAL_TOKEN}`);
    say(isMissing ? 'The user API answers, but this person cannot be seen.' : 'All is well.');
    if (isMissing) process.exitCode = 1;
  } finally {
    await upstream.close();
  }
}

/** One token, one query: a check must not use up what it checks. */
async function askOnce({ queryUsers }: Upstream, key: string): Promise<Person | null | GatewayError> {
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
  'With a virtual token only the collaborators of the plugin can be found. For everybody, set LARK_TOKEN_TYPE=official.';

const missingAdvice = (tokenType: string | undefined) =>
  tokenType === 'virtual' ? VIRTUAL_TOKEN : 'Check the key (19 digits), and that this is the host the person works on.';

/** What to do next, in one sentence. */
function advice(error: GatewayError, baseUrl: string): string {
  const byCode: Partial<Record<ErrorCode, string>> = {
    UPSTREAM_UNAUTHENTICATED:
      'Copy plugin id and secret once more from the developer console, and check that LARK_TOKEN_TYPE suits them.',
    UPSTREAM_FORBIDDEN: 'Do what the line above says, in the developer console of Lark Project.',
    UPSTREAM_BAD_RESPONSE: `${baseUrl} does not answer like the user API: check LARK_BASE_URL, and any proxy on the way.`,
    UPSTREAM_TIMEOUT: `Check that ${baseUrl} can be reached from here (proxy, firewall), or raise LARK_TIMEOUT_MS.`,
    UPSTREAM_RATE_LIMITED: 'Somebody else uses up the quota of this plugin: wait, or use a plugin of your own.',
    UPSTREAM_REJECTED: 'Look the error code up in the handbook of Lark Project, page "Open API error codes".',
    UPSTREAM_UNAVAILABLE: connectionAdvice(error.cause, baseUrl),
  };
  return byCode[error.code] ?? 'Look at the message above.';
}

function connectionAdvice(cause: unknown, baseUrl: string): string {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `There is no host of this name: check LARK_BASE_URL (${baseUrl}).`;
  if (code === 'ECONNREFUSED')
    return `Nothing listens at ${baseUrl}: check LARK_BASE_URL, or HTTPS_PROXY if you use one.`;
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
    return `The certificate of ${baseUrl} is not trusted (${code}): name your company's CA in NODE_EXTRA_CA_CERTS.`;
  }
  return `Check LARK_BASE_URL (${baseUrl}) and the network from here to there${code ? ` (${code})` : ''}; then try again.`;
}
