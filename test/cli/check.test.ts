import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import { runCli } from '../support/run-cli.ts';
import { CERTIFICATES, listening, overTls } from '../support/tls.ts';

type Environment = Readonly<Record<string, string>>;
type Circumstances = Environment | ((sandboxUrl: string) => Environment | Promise<Environment>);

/** Runs `check` with the sandbox' credential, and whatever is different. */
async function checkAgainst(options: SandboxOptions, circumstances: Circumstances = {}, ...args: string[]) {
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.close());
  const cli = runCli(['check', ...args], {
    LARK_BASE_URL: sandbox.url,
    LARK_PLUGIN_ID: sandbox.credential.pluginId,
    LARK_PLUGIN_SECRET: sandbox.credential.pluginSecret,
    ...(typeof circumstances === 'function' ? await circumstances(sandbox.url) : circumstances),
  });
  const code = await cli.ended;
  return { code, says: cli.stdout() + cli.stderr(), calls: sandbox.calls().length };
}

/** A page in place of each answer, as a proxy or a login sends it. */
const page = (status: number): SandboxOptions => ({ faults: [{ name: 'html', status, interface: 'both' }] });
const refusal = (code: number): SandboxOptions => ({ faults: [{ name: 'error', code }] });

/** The sandbox behind TLS; the authority of its certificate is trusted. */
const behind =
  (certificate: string): Circumstances =>
  async (sandboxUrl) => ({
    LARK_BASE_URL: await overTls(sandboxUrl, certificate),
    NODE_EXTRA_CA_CERTS: certificate,
  });

/** A proxy that answers each request for a tunnel with this. */
const behindProxyThatSays =
  (answer: string): Circumstances =>
  async () => {
    const proxy = createServer().on('connect', (_, socket) => socket.end(answer));
    return {
      LARK_BASE_URL: 'https://project.example.com',
      HTTPS_PROXY: `http://127.0.0.1:${await listening(proxy)}`,
    };
  };

interface Trouble {
  readonly name: string;
  readonly sandbox?: SandboxOptions;
  readonly circumstances?: Circumstances;
  readonly code: ErrorCode;
  /** In the line "next", but for what the message says. */
  readonly advice: string;
}

const TROUBLES: readonly Trouble[] = [
  {
    name: 'a host that is not there',
    circumstances: { LARK_BASE_URL: 'http://127.0.0.1:9' },
    code: 'UPSTREAM_UNAVAILABLE',
    advice: 'Nothing listens at http://127.0.0.1:9: check LARK_BASE_URL.',
  },
  {
    name: 'a name that is not there',
    circumstances: { LARK_BASE_URL: 'http://no.invalid' },
    code: 'UPSTREAM_UNAVAILABLE',
    advice: 'There is no host of this name: check LARK_BASE_URL (http://no.invalid).',
  },
  {
    name: 'a host that is not the user API',
    circumstances: (url) => ({ LARK_BASE_URL: `${url}/elsewhere` }),
    code: 'UPSTREAM_BAD_RESPONSE',
    advice: 'does not answer like the user API: check LARK_BASE_URL, and any proxy on the way.',
  },
  {
    name: 'a wrong secret',
    circumstances: { LARK_PLUGIN_SECRET: 'wrong' },
    code: 'UPSTREAM_UNAUTHENTICATED',
    advice:
      'Copy plugin id and secret once more from the developer console, and check that LARK_TOKEN_TYPE suits them.',
  },
  {
    name: 'no permission (10301)',
    sandbox: { permissionGranted: false },
    code: 'UPSTREAM_FORBIDDEN',
    advice: 'has the permission to read users, is published, and is installed in the space',
  },
  {
    name: 'a user key that is needed (20039)',
    sandbox: { requireUserKey: true },
    code: 'UPSTREAM_FORBIDDEN',
    advice: 'configure LARK_USER_KEY',
  },
  {
    name: 'a user key of nobody (20042)',
    circumstances: { LARK_USER_KEY: '1' },
    code: 'UPSTREAM_FORBIDDEN',
    advice: 'LARK_USER_KEY names no user it knows; configure the key of a member',
  },
  {
    name: 'a user key of somebody who has left (10302)',
    sandbox: refusal(10302),
    circumstances: { LARK_USER_KEY: '7000000000000000001' },
    code: 'UPSTREAM_FORBIDDEN',
    advice: 'the user named by LARK_USER_KEY has left; configure another',
  },
  {
    name: 'usage that is used up (1000051942)',
    sandbox: refusal(1000051942),
    code: 'UPSTREAM_REJECTED',
    advice: 'Look 1000051942 up in the handbook of Lark Project',
  },
  {
    name: 'an API that is overloaded (50006)',
    sandbox: refusal(50006),
    code: 'UPSTREAM_UNAVAILABLE',
    advice: 'Try again in a minute; if it stays so, ask the operator of http://127.0.0.1:',
  },
  {
    name: "a proxy's page that says 503",
    sandbox: page(503),
    code: 'UPSTREAM_UNAVAILABLE',
    advice: 'or the proxy on the way, which may have answered in its place',
  },
  ...[200, 403, 407].map((status) => ({
    name: `a proxy's or a login's page that says ${status}`,
    sandbox: page(status),
    code: 'UPSTREAM_BAD_RESPONSE' as const,
    advice: 'does not answer like the user API: check LARK_BASE_URL, and any proxy on the way.',
  })),
  {
    name: 'a proxy that does not let through',
    circumstances: behindProxyThatSays('HTTP/1.1 403 Forbidden\r\n\r\n'),
    code: 'UPSTREAM_UNAVAILABLE',
    advice:
      'The proxy of HTTPS_PROXY or HTTP_PROXY does not let through to https://project.example.com (status 403): ask its operator',
  },
  {
    name: 'a proxy that expects a password',
    circumstances: behindProxyThatSays('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'),
    code: 'UPSTREAM_UNAVAILABLE',
    advice: 'The proxy of HTTPS_PROXY or HTTP_PROXY expects a user and password: http://user:password@host:port.',
  },
  {
    name: 'a proxy that is not one',
    circumstances: behindProxyThatSays('nonsense\r\n\r\n'),
    code: 'UPSTREAM_UNAVAILABLE',
    advice: 'The proxy of HTTPS_PROXY or HTTP_PROXY does not answer as an HTTP proxy: check its address',
  },
  ...['http://project.example.com', 'https://project.example.com'].map((LARK_BASE_URL) => ({
    name: `a proxy that is not there, before ${LARK_BASE_URL}`,
    circumstances: { LARK_BASE_URL, HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' },
    code: 'UPSTREAM_UNAVAILABLE' as const,
    advice: 'The proxy of HTTPS_PROXY or HTTP_PROXY cannot be reached (ECONNREFUSED): check its address',
  })),
  {
    name: 'a proxy whose name is not there',
    circumstances: { LARK_BASE_URL: 'https://project.example.com', HTTPS_PROXY: 'http://no.invalid:3128' },
    code: 'UPSTREAM_UNAVAILABLE',
    advice: 'The proxy of HTTPS_PROXY or HTTP_PROXY cannot be reached (ENOTFOUND): check its address',
  },
  {
    name: 'a host that stays silent',
    sandbox: { latencyMs: 5_000 },
    circumstances: { LARK_TIMEOUT_MS: '200' },
    code: 'UPSTREAM_TIMEOUT',
    advice: 'can be reached from here (proxy, firewall), or raise LARK_TIMEOUT_MS.',
  },
  {
    name: 'a clock that is ahead, so that a certificate has expired',
    circumstances: behind(CERTIFICATES.expired),
    code: 'UPSTREAM_UNAVAILABLE',
    advice: 'is not valid at this time (CERT_HAS_EXPIRED): check the clock of this machine',
  },
  {
    name: 'a clock that is behind, so that a certificate is not valid yet',
    circumstances: behind(CERTIFICATES.notYetValid),
    code: 'UPSTREAM_UNAVAILABLE',
    advice: 'is not valid at this time (CERT_NOT_YET_VALID): check the clock of this machine',
  },
  {
    name: 'a certificate of another name',
    circumstances: behind(CERTIFICATES.ofAnotherName),
    code: 'UPSTREAM_UNAVAILABLE',
    advice: 'The certificate is for another name than the one of https://127.0.0.1:',
  },
  {
    name: 'a certificate of an unknown authority',
    circumstances: async (url) => ({ LARK_BASE_URL: await overTls(url) }),
    code: 'UPSTREAM_UNAVAILABLE',
    advice: "name your company's CA in NODE_EXTRA_CA_CERTS.",
  },
  {
    name: 'https where plain http is spoken',
    circumstances: (url) => ({ LARK_BASE_URL: url.replace('http:', 'https:') }),
    code: 'UPSTREAM_UNAVAILABLE',
    advice: 'No TLS is spoken at https://127.0.0.1:',
  },
];

describe('lark-user-gateway check', () => {
  it('says that all is well, after one token and one query', async () => {
    const { code, says, calls } = await checkAgainst({});
    expect(says).toContain('All is well.');
    expect([code, calls]).toEqual([0, 2]);
  });

  it('finds a person that is named', async () => {
    const { code, says } = await checkAgainst({}, {}, '--key', '7000000000000000001');
    expect(says).toContain('found the user');
    expect(code).toBe(0);
  });

  it.each(TROUBLES)('$name: what is wrong, and what to do next', async ({ sandbox, circumstances, code, advice }) => {
    const result = await checkAgainst(sandbox ?? {}, circumstances);
    expect(result.code).toBe(1);
    expect(result.says).toContain(`  failed  ${code}: `);
    expect(result.says).toContain(advice);
    expect(result.says.match(/^ {2}next {4}\S.*\.$/gm)).toHaveLength(1);
    expect(result.says).not.toContain('sandbox-secret');
  });

  it.each([
    [10301, 'UPSTREAM_FORBIDDEN'],
    [10023, 'UPSTREAM_FORBIDDEN'],
    [10022, 'UPSTREAM_UNAUTHENTICATED'],
    [123456, 'UPSTREAM_REJECTED'],
    [50006, 'UPSTREAM_UNAVAILABLE'],
  ])(
    'prints the err_code %i and the log id of a refused query, also where no advice names them',
    async (errCode, code) => {
      const { says } = await checkAgainst(refusal(errCode));
      expect(says).toContain(`  failed  ${code}: `);
      expect(says).toMatch(new RegExp(`^  error   ${errCode} \\(err_code of the user API\\)$`, 'm'));
      expect(says).toMatch(/^ {2}log id {2}SANDBOX\d+ \(vendor support asks for it\)$/m);
    },
  );

  it('prints the err_code and the log id of a refused token', async () => {
    const { says } = await checkAgainst({ faults: [{ name: 'token-refused', code: 10204 }] });
    expect(says).toContain(
      'UPSTREAM_FORBIDDEN: The user API denies access: check LARK_PLUGIN_ID and LARK_PLUGIN_SECRET',
    );
    expect(says).toMatch(/^ {2}error {3}10204 /m);
    expect(says).toMatch(/^ {2}log id {2}SANDBOX\d+ /m);
  });

  it.each([10001, 10302, 10404])('does not blame LARK_USER_KEY for %i where none is set', async (errCode) => {
    const { says } = await checkAgainst(refusal(errCode));
    expect(says).toContain('UPSTREAM_FORBIDDEN');
    // Only as what may be configured.
    expect(says.replace('configure another in LARK_USER_KEY', '')).not.toContain('LARK_USER_KEY');
    const withKey = await checkAgainst(refusal(errCode), { LARK_USER_KEY: '7000000000000000001' });
    expect(withKey.says).toContain('LARK_USER_KEY');
  });

  it('makes two calls at most, also when the user API is busy', async () => {
    const { says, calls } = await checkAgainst({ callsPerSecond: 0 });
    expect(says).toContain('UPSTREAM_RATE_LIMITED');
    expect(says).toContain('wait, or use a plugin of your own');
    expect(calls).toBe(2);
  });

  it('a virtual token sees collaborators only', async () => {
    const sandbox = await startSandbox();
    const stranger = sandbox.people.find(({ collaborator }) => collaborator === false);
    await sandbox.close();
    const { code, says } = await checkAgainst({}, { LARK_TOKEN_TYPE: 'virtual' }, '--key', stranger?.user_key ?? '');
    expect(code).toBe(1);
    expect(says).toContain('found no user with this key');
    expect(says).toContain('only the collaborators of the plugin can be found');
  });

  it('an official token that finds nobody: look at the key, and at the host', async () => {
    const { code, says } = await checkAgainst({}, {}, '--key', '7999999999999999999');
    expect(code).toBe(1);
    expect(says).toContain('Check the key (19 digits), and that this is the host of the user.');
  });

  it('shows what is probably not meant: a user API over plain http, and ranges of addresses in NO_PROXY', async () => {
    const { code, says } = await checkAgainst(
      {},
      { LARK_BASE_URL: 'http://lark.invalid', HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'a.example, 10.0.0.0/8' },
    );
    expect(code).toBe(1);
    expect(says).toContain('  mind    NO_PROXY: entry 2 of 2 without effect.');
    expect(says).toContain(
      '  mind    LARK_BASE_URL is plain http: the plugin secret, tokens and users travel in clear.',
    );
  });

  it('without a credential says what to set', async () => {
    const cli = runCli(['check']);
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toContain('A credential is needed: set LARK_BASE_URL, LARK_PLUGIN_ID, LARK_PLUGIN_SECRET.');
  });
});
