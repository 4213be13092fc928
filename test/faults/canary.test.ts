import { afterEach, describe, expect, it, vi } from 'vitest';
import { FAULT_NAMES, type FaultName } from '../../src/sandbox/named-faults/fault-table.ts';
import type { FaultSpec, Reply, SandboxPerson } from '../../src/sandbox/sandbox.ts';
import { faultsTo, gatewayWithSandbox, type Harness, post } from '../support/gateway-with-sandbox.ts';
import { answerQueries } from '../support/wire-replies.ts';

/** Stands in everything that no client may ever see. */
const CANARY = 'canary';
const SECRET = `${CANARY}-secret`;

/** Everybody whom the sandbox knows sings, too. */
const PEOPLE: SandboxPerson[] = [1, 2, 3, 4].map((n) => ({
  user_key: `70000000000000000${n}${CANARY}`,
  out_id: `on_${CANARY}${n}`,
  email: `${CANARY}${n}@${CANARY}.example.com`,
  name_en: `Ms ${CANARY} ${n}`,
  name_cn: `${CANARY}${n}`,
  username: `${CANARY}-user-${n}`,
  avatar_url: `https://${CANARY}.example.com/${n}.png`,
  status: 'activated',
}));
const [first, second, third] = PEOPLE as [SandboxPerson, SandboxPerson, SandboxPerson];

const DOCUMENT = `{
  user(key: "${first.user_key}") { key }
  users(keys: ["${second.user_key}", "${third.user_key}", "nobody"]) { key email name }
  usersByEmail(emails: ["${second.email}", "${third.email}"]) { key email name }
  usersByOutId(outIds: ["${second.out_id}", "nobody"]) { key email name }
}`;

/** Not quick to give up, and yet three attempts are over soon. */
const IMPATIENT = { timeoutMs: 250, requestTimeoutMs: 900, retry: { baseMs: 1 }, callsPerSecond: 1_000 };

/** @param logged what the operator finds in the log. */
const open = (logged: string[] = []) =>
  gatewayWithSandbox({
    gateway: { ...IMPATIENT, log: faultsTo((fault) => logged.push(fault)) },
    sandbox: { people: PEOPLE, pluginId: `MII_${CANARY}`, pluginSecret: SECRET },
  });

/** Neither the canary, nor the address, nor a token of the sandbox, nor a stack, in what a client or an operator's log gets. */
async function expectSilence({ gateway, sandbox, events }: Harness): Promise<{ errors: unknown[] }> {
  const response = await post(gateway, { query: DOCUMENT });
  const { errors = [], data: _data, ...rest } = await response.json();
  const told = JSON.stringify([errors, rest, [...response.headers], events]);
  expect(told).not.toContain(CANARY);
  expect(told).not.toMatch(/127\.0\.0\.1|localhost|ECONN|ENOTFOUND|undici|SocketError|\bp-[0-9a-f]{8}-/);
  expect(told).not.toMatch(/node_modules|node:internal|\.[jt]s:\d+|\\n {4}at |"stack"/);
  expect(told).not.toMatch(/_sandbox|nginx|proxy-7|SSH-2/);
  const tokens = sandbox.calls().map(({ token }) => token);
  expect(tokens.filter((token) => token && told.includes(token))).toEqual([]);
  return { errors };
}

/** Parameters of those faults that cannot do without, or would take long. */
const PARAMETERS: Partial<Record<FaultName, object>> = {
  poison: { identifiers: [first.user_key, second.email, second.out_id] },
  redirect: { location: `http://${CANARY}.example.com/` },
  'trailing-text': { text: `<!-- ${CANARY} -->` },
  'wrong-content-type': { type: `text/${CANARY}` },
  'wrong-encoding': { encoding: CANARY },
  'gzip-bomb': { bytes: 10_000_000 },
  'rate-limit': { retryAfter: 'absurd' },
};
/** These find nothing to spoil in a reply that holds a token. */
const QUERIES_ONLY: readonly FaultName[] = FAULT_NAMES.filter((name) => /^rows-|^email-|^unknown-|^poison/.test(name));

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each(['production', 'development'])(
  'with NODE_ENV=%s, no error tells a token, a secret, other people, hosts or stacks',
  (mode) => {
    it.each(FAULT_NAMES)('while %s strikes queries', async (name) => {
      vi.stubEnv('NODE_ENV', mode);
      const harness = await open();
      await harness.gateway.whenReady;
      harness.sandbox.faults.start({ name, ...PARAMETERS[name], interface: 'user_query' } as FaultSpec);
      await expectSilence(harness);
      expect(harness.sandbox.faults.list()[0]?.struck).toBeGreaterThan(0);
    });

    it.each(FAULT_NAMES.filter((name) => !QUERIES_ONLY.includes(name)))('while %s strikes renewals', async (name) => {
      vi.stubEnv('NODE_ENV', mode);
      const harness = await open();
      await harness.gateway.whenReady;
      harness.sandbox.faults.start({ name, ...PARAMETERS[name], interface: 'plugin_token' } as FaultSpec);
      harness.sandbox.expireTokens();
      await expectSilence(harness);
      expect(harness.sandbox.faults.list()[0]?.struck).toBeGreaterThan(0);
    });

    const words = `${SECRET} of ${first.email} at ${CANARY}.example.com\n    at lookup (/app/${CANARY}.ts:1:2)`;
    const refusal = (status: number, code: unknown): Reply => ({
      status,
      headers: { server: CANARY, location: `http://${CANARY}.example.com/`, 'www-authenticate': CANARY },
      body: { data: { [CANARY]: words }, err_msg: words, msg: words, err_code: code, err: { code, msg: words } },
    });
    it.each<[string, Reply]>([
      ...[10001, 10022, 10211, 10301, 10302, 10404, 10429, 10430, 20004, 20005, 20006, 9999, 20039, 20042, 50006].map(
        (code): [string, Reply] => [`err_code ${code}`, refusal(400, code)],
      ),
      ['usage exceeded', refusal(400, 1000051942)],
      ['an unknown err_code', refusal(400, 777)],
      ['an err_code that is text', refusal(200, words)],
      ['an err_code that is an object', refusal(200, { [CANARY]: words })],
      ['HTTP 500 without a code', refusal(500, undefined)],
      ['HTML', { status: 200, headers: { 'content-type': 'text/html' }, body: `<h1>${words}</h1>` }],
      ['a stack trace', { status: 502, headers: { 'content-type': 'text/plain' }, body: `Error: ${words}` }],
      ['rows that are text', { status: 200, body: { data: [words, words], err_code: 0 } }],
      ['rows without keys', { status: 200, body: { data: [{ email: first.email, name_en: words }], err_code: 0 } }],
      ['rows of others', { status: 200, body: { data: [{ ...first, user_key: CANARY }], err_code: 0 } }],
      [
        'a field of another type',
        { status: 200, body: { data: [{ ...first, status: { [CANARY]: words } }], err_code: 0 } },
      ],
    ])('while the API itself tells them: %s', async (_what, reply) => {
      vi.stubEnv('NODE_ENV', mode);
      const logged: string[] = [];
      const harness = await open(logged);
      await harness.gateway.whenReady;
      answerQueries(harness, () => reply);
      await expectSilence(harness);
      expect(logged.join()).not.toContain(CANARY);
      expect(harness.upstreamCalls().length).toBeGreaterThan(0);
    });

    it('while the API is gone', async () => {
      vi.stubEnv('NODE_ENV', mode);
      const harness = await open();
      await harness.gateway.whenReady;
      await harness.sandbox.close();
      expect((await expectSilence(harness)).errors.length).toBeGreaterThan(0);
    });

    it('while the host is unknown', async () => {
      vi.stubEnv('NODE_ENV', mode);
      const harness = await gatewayWithSandbox({ gateway: { ...IMPATIENT, baseUrl: `http://${CANARY}.invalid` } });
      expect((await expectSilence(harness)).errors.length).toBeGreaterThan(0);
    });

    it('while the secret is wrong', async () => {
      vi.stubEnv('NODE_ENV', mode);
      const harness = await gatewayWithSandbox({ gateway: { ...IMPATIENT, pluginSecret: SECRET } });
      expect((await expectSilence(harness)).errors.length).toBeGreaterThan(0);
    });

    it('while something inside fails that nobody thought of', async () => {
      vi.stubEnv('NODE_ENV', mode);
      const logged: string[] = [];
      const harness = await open(logged);
      const failing = vi.spyOn(harness.gateway.directory, 'find').mockRejectedValue(new Error(words));
      const { errors } = await expectSilence(harness);
      expect(failing).toHaveBeenCalled();
      expect(errors.length).toBeGreaterThan(0);
      expect(logged.join()).toContain('canary.test.ts:');
      expect(logged.join()).not.toContain(SECRET);
    });
  },
);
