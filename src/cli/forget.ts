import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { ConfigError } from '../config/settings.ts';
import { codeOf, decodeText, readTextFile, whyUnreadable } from '../text-file.ts';

/** As commander hands them on. */
export interface ForgetFlags {
  readonly url: string;
  readonly key?: string;
  readonly email?: string;
  readonly outId?: string;
  readonly tenantKey?: string;
  readonly credentialFile?: string;
}

/** In the environment, since every program of a machine can read a command line. */
const CREDENTIAL = 'GATEWAY_CREDENTIAL';
/** The gateway gives its other processes ten seconds. */
const TIMEOUT_MS = 15_000;

const answerShape = z.object({ forgotten: z.literal(true), entries: z.int(), replicas: z.int() });
const refusalShape = z.object({
  errors: z.tuple([z.object({ message: z.string(), extensions: z.object({ code: z.string() }) })]),
});

/** Has a running gateway forget a user, and prints whether it has. */
export async function forget(flags: ForgetFlags): Promise<void> {
  const mistakes: string[] = [];
  const address = addressOf(flags.url, mistakes);
  const name = nameOf(flags, mistakes);
  const credential = credentialOf(flags, mistakes);
  if (!address || !name || mistakes.length > 0) throw new ConfigError(mistakes);
  const [field, given] = name;
  const body = { [field]: given === '-' ? await fromStandardInput() : given, tenantKey: flags.tenantKey };
  const outcome = await post(address, body, credential);
  (outcome.isDone ? process.stdout : process.stderr).write(outcome.lines.map((line) => `${line}\n`).join(''));
  if (!outcome.isDone) process.exitCode = 1;
}

async function fromStandardInput(): Promise<string> {
  try {
    return decodeText(await buffer(process.stdin)).trim();
  } catch (error) {
    throw new ConfigError([`Standard input ${whyUnreadable(error)}.`]);
  }
}

interface Outcome {
  readonly isDone: boolean;
  readonly lines: readonly string[];
}

async function post(address: URL, body: unknown, credential: string | undefined): Promise<Outcome> {
  const failed = (what: string, code: string | undefined, detail = '') => {
    const next = forgetAdvice(code, address.origin, credential !== undefined);
    return { isDone: false, lines: [`  failed  ${what}${detail}`, `  next    ${next}`] };
  };
  let status: number;
  let answer: unknown;
  try {
    const response = await fetch(address, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
      },
      body: JSON.stringify(body),
      // No other host gets the credential or the identifier.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    status = response.status;
    answer = await response.json().catch(() => undefined);
  } catch (error) {
    const reason = reasonOf(error);
    return failed(`${address.origin} was not reached, or did not answer`, reason, ` (${reason}).`);
  }
  const done = answerShape.safeParse(answer);
  if (status === 200 && done.success) return { isDone: true, lines: [doneLine(done.data)] };
  const refusal = refusalShape.safeParse(answer).data?.errors[0];
  if (refusal) return failed(printable(`${refusal.extensions.code}: ${refusal.message}`), refusal.extensions.code);
  return failed(`${address.origin} answered with status ${status}, and not as a gateway does.`, undefined);
}

function reasonOf(error: unknown): string {
  const { name, cause } = error as Error;
  if (name === 'TimeoutError') return 'TIMEOUT';
  // `fetch` gives no code and no address for ports that it blocks.
  if (cause instanceof Error && cause.message === 'bad port') return 'BAD_PORT';
  return codeOf(cause ?? error);
}

/** A response may not write control characters to a terminal. */
const printable = (words: string) => words.replace(/\p{C}/gu, '').slice(0, 400);

const doneLine = ({ entries, replicas }: z.infer<typeof answerShape>) =>
  `Forgotten by ${replicas === 1 ? 'one process' : `${replicas} processes`}. The one that answered had ${
    entries === 0 ? 'nothing of them' : entries === 1 ? 'one entry of them' : `${entries} entries of them`
  } in memory.`;

function addressOf(url: string, mistakes: string[]): URL | undefined {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (!base || !/^https?:$/.test(base.protocol) || base.username || base.password || base.search || base.hash) {
    mistakes.push(
      '--url: expected the address of a gateway, such as http://127.0.0.1:4000, without a credential in it.',
    );
    return undefined;
  }
  return new URL(`${base.pathname.replace(/\/$/, '')}/forget`, base);
}

/** The field of the request, and its value or "-". */
function nameOf({ key, email, outId, tenantKey }: ForgetFlags, mistakes: string[]) {
  const given = Object.entries({ key, email, outId }).filter((one): one is [string, string] => one[1] !== undefined);
  if (given.length !== 1) mistakes.push(`Expected one of --key, --email and --out-id, got ${given.length || 'none'}.`);
  if (tenantKey !== undefined && email === undefined) mistakes.push('--tenant-key: counts with --email only.');
  return given[0];
}

function credentialOf({ credentialFile: path }: ForgetFlags, mistakes: string[]): string | undefined {
  const inEnvironment = process.env[CREDENTIAL]?.trim() || undefined;
  if (path === undefined) return checked(inEnvironment, CREDENTIAL, mistakes);
  if (inEnvironment !== undefined) mistakes.push(`${CREDENTIAL} and --credential-file are both set: set one of them.`);
  try {
    const credential = readTextFile(path).trim();
    if (credential === '') mistakes.push(`--credential-file names ${path}, which is empty.`);
    return checked(credential, '--credential-file', mistakes);
  } catch (error) {
    mistakes.push(`--credential-file names ${path}, which ${whyUnreadable(error)}.`);
    return undefined;
  }
}

/** A header takes no other characters, and `fetch` would repeat it in its error. */
function checked(credential: string | undefined, where: string, mistakes: string[]): string | undefined {
  if (credential !== undefined && !/^[\w.~+/=-]*$/.test(credential)) {
    mistakes.push(`${where}: expected an API key or a token, got what holds other characters.`);
  }
  return credential;
}

/** What to do next, in one sentence. @param code of the gateway's error, or why it was not reached. */
function forgetAdvice(code: string | undefined, origin: string, hasCredential: boolean): string {
  const byCode: Readonly<Record<string, string>> = {
    UNAUTHENTICATED: hasCredential
      ? 'Check the credential: the gateway does not know it, or it has ended. They are not forgotten.'
      : 'Put an API key or a token with the scope cache:forget into GATEWAY_CREDENTIAL, or name its file with --credential-file.',
    FORBIDDEN:
      'Use a credential with the scope cache:forget (to name an e-mail address also email:read), for a tenant that it may name; or, where the gateway has no AUTH, ask on its own machine.',
    BAD_USER_INPUT: 'Check what you gave: they are not forgotten.',
    RATE_LIMITED: 'Run this again in a minute: they are not forgotten.',
    FORGET_INCOMPLETE: 'Run this again until it succeeds: it is harmless to forget a user twice.',
    AUTHENTICATION_UNAVAILABLE: 'Run this again in a minute: they are not forgotten.',
    INTERNAL_SERVER_ERROR: 'Look at the log of the gateway, and run this again: they may not be forgotten.',
    ECONNREFUSED: `Nothing listens at ${origin}: check --url, and that the gateway runs.`,
    ENOTFOUND: `There is no host of this name: check --url (${origin}).`,
    BAD_PORT: `Have the gateway listen on another port: Node, as browsers, asks nothing of this one (https://fetch.spec.whatwg.org/#port-blocking). They are not forgotten.`,
    TIMEOUT: 'Run this again: whether they are forgotten is not known.',
  };
  return (
    byCode[code ?? ''] ??
    `Check --url (${origin}), that a gateway of this version is there, and any proxy on the way: whether they are forgotten is not known.`
  );
}
