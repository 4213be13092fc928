import { afterEach, describe, expect, it, vi } from 'vitest';
import type { GatewayOptions } from '../../src/gateway-options.ts';
import { type FaultSpec, startSandbox } from '../../src/sandbox/sandbox.ts';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { keptLog } from '../support/kept-log.ts';
import { runCli } from '../support/run-cli.ts';
import { answerQueries } from '../support/wire-replies.ts';
import { API_KEY, CANARY, CREDENTIAL, PEOPLE, REQUESTS, WORDS } from './canaries.ts';

/** Not quick to give up, and yet three attempts are over soon. */
const IMPATIENT = { timeoutMs: 250, requestTimeoutMs: 900, retry: { baseMs: 1 }, callsPerSecond: 1_000 };

async function singing(gateway: Partial<GatewayOptions> = {}) {
  const { log, entries } = keptLog('trace');
  const harness = await gatewayWithSandbox({
    gateway: { ...IMPATIENT, log, auth: { kind: 'api-key', keys: [API_KEY] }, ...gateway },
    sandbox: { people: PEOPLE, ...CREDENTIAL },
  });
  const send = async (name: string): Promise<string> => {
    const { path = '/graphql', init } = REQUESTS[name] ?? { init: {} };
    return (await harness.gateway.fetch(new Request(`http://${CANARY}.test${path}`, init))).text();
  };
  return {
    ...harness,
    entries,
    send,
    /** Asks for people, so that something has to be told. */
    ask: () => send('all kinds of look-up'),
    /** Whatever of a canary, an address or a token is in the log and among the events; and whether anything is told at all. */
    leaks() {
      const tokens = harness.sandbox.calls().flatMap(({ token }) => token ?? []);
      const told = JSON.stringify([entries, harness.events]);
      const leaked = told.match(new RegExp(`.{0,80}(${CANARY}|127\\.0\\.0\\.1|localhost|example\\.com)`, 'gi')) ?? [];
      const isSilent = !entries.some(({ message }) => message === 'request');
      return [...leaked, ...tokens.filter((token) => told.includes(token)), ...(isSilent ? ['nothing is told'] : [])];
    },
  };
}

/** One of each sort; `test/faults/canary.test.ts` has them all strike. */
const FAULTS = 'reset-before-headers garbage html truncate redirect oversized rate-limit malformed-envelope'.split(' ');

const refusal = (code: unknown, status = 400) => ({
  status,
  headers: { 'x-tt-logid': `${CANARY} of ${CANARY}@example.com`, server: CANARY, 'www-authenticate': CANARY },
  body: {
    data: [{ ...PEOPLE[1], avatar_url: WORDS }, { [CANARY]: WORDS }],
    err_msg: WORDS,
    err_code: code,
    err: { code, msg: WORDS, log_id: WORDS },
  },
});

/** A path holds the aliases of the client itself, and is for nobody else. */
const withoutPaths = (errors: object[] = []) => JSON.stringify(errors.map((error) => ({ ...error, path: undefined })));

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe.each(['production', 'development'])(
  'with NODE_ENV=%s and LOG_LEVEL=trace, neither log nor events tell of anybody',
  (mode) => {
    it.each(Object.keys(REQUESTS))('asked for %s', async (name) => {
      vi.stubEnv('NODE_ENV', mode);
      const { send, leaks, gateway, entries } = await singing();
      await gateway.whenReady;
      await send('all kinds of look-up');
      await send(name);
      expect(leaks()).toEqual([]);
      expect(entries.filter(({ message }) => message === 'request')).toHaveLength(2);
    });

    it.each(FAULTS)('while %s strikes', async (name) => {
      vi.stubEnv('NODE_ENV', mode);
      const { ask, leaks, gateway, sandbox } = await singing();
      await gateway.whenReady;
      sandbox.faults.start({ name, interface: 'user_query' } as FaultSpec);
      await ask();
      sandbox.faults.clear();
      sandbox.expireTokens();
      sandbox.faults.start({ name, interface: 'plugin_token' } as FaultSpec);
      await ask();
      expect(leaks()).toEqual([]);
    });

    it.each([0, 10301, 10429, 20004, 20006, 9999, 10022, 777, undefined, CANARY])(
      'while the user API tells of people itself, with err_code %j',
      async (code) => {
        vi.stubEnv('NODE_ENV', mode);
        const harness = await singing();
        await harness.gateway.whenReady;
        answerQueries(harness, () => refusal(code));
        const answer = JSON.parse(await harness.ask());
        expect(harness.leaks()).toEqual([]);
        expect(withoutPaths(answer.errors)).not.toContain(CANARY);
        expect(harness.upstreamCalls().length).toBeGreaterThan(0);
      },
    );

    it('while the user API is gone', async () => {
      vi.stubEnv('NODE_ENV', mode);
      const { ask, leaks, sandbox } = await singing();
      await sandbox.close();
      await ask();
      expect(leaks()).toEqual([]);
    });

    it('while the secret is wrong', async () => {
      vi.stubEnv('NODE_ENV', mode);
      const { ask, leaks } = await singing({ pluginSecret: `another ${CANARY}` });
      await ask();
      expect(leaks()).toEqual([]);
    });

    it('while a resolver fails', async () => {
      vi.stubEnv('NODE_ENV', mode);
      const { ask, leaks, gateway, entries } = await singing();
      const field = gateway.schema.getQueryType()?.getFields().user;
      if (field) {
        field.resolve = () => {
          throw new TypeError(WORDS, { cause: Object.assign(new Error(WORDS), { person: PEOPLE[0] }) });
        };
      }
      const answer = JSON.parse(await ask());
      expect(answer.errors).toHaveLength(1);
      expect(withoutPaths(answer.errors)).not.toContain(CANARY);
      expect(leaks()).toEqual([]);
      expect(entries.find(({ level }) => level === 'error')?.fields.stack).toMatch(
        /^TypeError\n[\s\S]*caused by Error/,
      );
    });

    it('while others cannot be told whom to forget', async () => {
      vi.stubEnv('NODE_ENV', mode);
      const forgetChannel = { listen() {}, publish: () => Promise.reject(Object.assign(new Error(WORDS), { PEOPLE })) };
      const { ask, leaks, send, entries } = await singing({ forgetChannel });
      await ask();
      expect(await send('somebody to forget')).toContain('FORGET_INCOMPLETE');
      expect(await send('somebody to forget')).not.toContain(CANARY);
      expect(leaks()).toEqual([]);
      expect(entries.filter(({ fields }) => fields.endpoint === 'forget')).toHaveLength(2);
    });

    it('while the directory throws what is no error', async () => {
      vi.stubEnv('NODE_ENV', mode);
      const { ask, leaks, gateway } = await singing();
      vi.spyOn(gateway.directory, 'find').mockRejectedValue(WORDS);
      await ask();
      expect(leaks()).toEqual([]);
    });

    it('while whoever listens to events throws', async () => {
      vi.stubEnv('NODE_ENV', mode);
      const { ask, leaks, entries } = await singing({
        telemetry: () => {
          throw new Error(WORDS);
        },
      });
      expect(await ask()).not.toContain(WORDS);
      expect(leaks()).toEqual([]);
      expect(entries.filter(({ level }) => level === 'error').length).toBeGreaterThan(0);
    });
  },
);

it('nor does the command, in anything that it writes', async () => {
  const sandbox = await startSandbox({ people: PEOPLE, ...CREDENTIAL, callsPerSecond: 1_000 });
  try {
    const cli = runCli(['--port', '0'], {
      LARK_BASE_URL: sandbox.url,
      LARK_PLUGIN_ID: CREDENTIAL.pluginId,
      LARK_PLUGIN_SECRET: CREDENTIAL.pluginSecret,
      AUTH: 'api-key',
      API_KEYS: `${API_KEY.name}:${API_KEY.sha256};scopes=email:read+cache:refresh+cache:forget`,
      LOG_LEVEL: 'trace',
      NODE_ENV: 'development',
    });
    const url = (await cli.until('User API')).match(/http:\S+(?=\/graphql)/)?.[0] ?? '';
    const answers: string[] = [];
    const sendAll = async () => {
      for (const { path, init } of Object.values(REQUESTS)) answers.push(await (await fetch(url + path, init)).text());
    };
    await sendAll();
    sandbox.setFault((call, answer) => (call.interface === 'user_query' ? refusal(9999) : answer()));
    await sendAll();
    cli.process.kill('SIGTERM');
    expect(await cli.ended).toBe(0);

    expect(answers[0]).toContain(`Ms ${CANARY} 1`);
    expect(cli.stdout() + cli.stderr()).not.toMatch(new RegExp(CANARY, 'i'));
    const lines = cli.stderr().trim().split('\n');
    const entries = lines.map((line) => JSON.parse(line));
    const count = 2 * Object.keys(REQUESTS).length;
    expect(entries.filter(({ msg }) => msg === 'request')).toHaveLength(count);
    expect(new Set(entries.map(({ level }) => level))).toEqual(new Set(['trace', 'debug', 'info']));
  } finally {
    await sandbox.close();
  }
});
