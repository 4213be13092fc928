import { readConfig } from '../config/config.ts';
import type { Sources } from '../config/sources.ts';
import { GatewayError } from '../errors.ts';
import type { GatewayEvent } from '../telemetry/events.ts';
import type { LarkUser } from '../upstream/lark-user.ts';
import { createUpstream, type Upstream } from '../upstream/upstream.ts';
import { advice } from './check-advice.ts';

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
  for (const warning of config.warnings) say(`  mind    ${warning}`);

  const telemetry = (event: GatewayEvent) => {
    if (event.type === 'token-renewal' && event.outcome === 'renewed') say('  token   got one');
  };
  const upstream = createUpstream({ ...credential, ...limits, telemetry });
  try {
    const asked = key ?? credential.userKey ?? NOBODYS_KEY;
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
  'With a virtual token only the collaborators of the plugin can be found. For everybody, set LARK_TOKEN_TYPE=official.';

const missingAdvice = (tokenType: string | undefined) =>
  tokenType === 'virtual' ? VIRTUAL_TOKEN : 'Check the key (19 digits), and that this is the host the person works on.';
