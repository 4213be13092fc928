import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { CREDENTIAL, mistakesOf } from '../support/mistakes-of.ts';

describe('where the people come from', () => {
  it('no credential means the embedded sandbox', () => {
    expect(readConfig({ environment: {} }).upstream).toEqual({
      kind: 'sandbox',
      identity: 'plugin',
      isExplicit: false,
      port: 4100,
      people: 1000,
      tokenType: 'official',
    });
  });

  it('a credential means the real API', () => {
    expect(readConfig({ environment: CREDENTIAL }).upstream).toEqual({
      kind: 'real',
      credential: {
        identity: 'plugin',
        baseUrl: 'https://project.feishu.cn',
        pluginId: 'MII_1',
        pluginSecret: 's3cret',
        tokenType: 'official',
        userKey: undefined,
      },
    });
  });

  it('--sandbox serves made-up people in spite of a credential', () => {
    const { upstream } = readConfig({ environment: CREDENTIAL, flags: { SANDBOX: 'true' } });
    expect(upstream).toMatchObject({ kind: 'sandbox', isExplicit: true });
  });

  it('production without a credential refuses to start, unless --sandbox says so', () => {
    const environment = { NODE_ENV: 'production' };
    expect(mistakesOf({ environment })).toEqual([
      'A credential is needed: set LARK_BASE_URL, LARK_PLUGIN_ID, LARK_PLUGIN_SECRET. To serve made-up people instead, set --sandbox.',
    ]);
    expect(readConfig({ environment, flags: { SANDBOX: 'true' } }).upstream.kind).toBe('sandbox');
  });

  it.each([
    [{ LARK_PLUGIN_ID: 'MII_1' }, 'LARK_BASE_URL, LARK_PLUGIN_SECRET'],
    [{ LARK_PLUGIN_SECRET: 's' }, 'LARK_BASE_URL, LARK_PLUGIN_ID'],
    [{ LARK_PLUGIN_ID: 'MII_1', LARK_PLUGIN_SECRET: 's' }, 'LARK_BASE_URL'],
  ])('half a credential is a mistake: %o', (environment, missing) => {
    expect(mistakesOf({ environment })).toEqual([
      `A credential is incomplete: set ${missing}. To serve made-up people instead, set --sandbox.`,
    ]);
  });

  it('an address without a credential is a mistake', () => {
    expect(mistakesOf({ environment: { LARK_BASE_URL: 'https://project.feishu.cn' } })).toEqual([
      'LARK_BASE_URL is set but no credential: set LARK_PLUGIN_ID and LARK_PLUGIN_SECRET, or --sandbox.',
    ]);
  });

  it('real people are served on a loopback address only, as callers are not authenticated', () => {
    expect(mistakesOf({ environment: { ...CREDENTIAL, HOST: '0.0.0.0' } })[0]).toContain('expected a loopback address');
    expect(mistakesOf({ environment: { ...CREDENTIAL, HOST: '::1' } })).toEqual([]);
    expect(mistakesOf({ environment: { HOST: '0.0.0.0' } })).toEqual([]);
  });
});

describe('mistakes', () => {
  it('are all told at once, with what was expected and what came', () => {
    const environment = {
      PORT: '65536',
      LARK_BASE_URL: 'project.feishu.cn',
      LARK_TOKEN_TYPE: 'real',
      LARK_TIMEOUT_MS: '3s',
      MAX_IDENTIFIERS: '-1',
      GRAPHIQL: 'perhaps',
      LARK_PLUGIN_ID: 'MII_1',
    };
    expect(mistakesOf({ environment })).toEqual([
      'LARK_BASE_URL: expected an address such as https://project.feishu.cn, got "project.feishu.cn".',
      'LARK_TOKEN_TYPE: expected official or virtual, got "real".',
      'LARK_TIMEOUT_MS: expected a whole number from 1 to 600000, got "3s".',
      'PORT: expected a whole number from 0 to 65535, got "65536".',
      'MAX_IDENTIFIERS: expected a whole number from 1 to 1000000, got "-1".',
      'GRAPHIQL: expected true or false, got "perhaps".',
      'A credential is incomplete: set LARK_PLUGIN_SECRET. To serve made-up people instead, set --sandbox.',
    ]);
  });

  it.each(['7000\n001', '张三', 'two words'])(
    'include an acting person whom no header can name: %j',
    (LARK_USER_KEY) => {
      expect(mistakesOf({ environment: { ...CREDENTIAL, LARK_USER_KEY } })).toEqual([
        `LARK_USER_KEY: expected a key of visible ASCII without spaces, got ${JSON.stringify(LARK_USER_KEY)}.`,
      ]);
    },
  );

  it('include a queue that a single operation would overflow', () => {
    expect(mistakesOf({ environment: { QUEUE_LIMIT: '500' } })[0]).toContain(
      'expected at least MAX_IDENTIFIERS (1000), got 500',
    );
  });

  it('include a port that two servers would share', () => {
    const of = (PORT: string, SANDBOX_PORT: string) => mistakesOf({ environment: { PORT, SANDBOX_PORT } });
    expect(of('4100', '4100')[0]).toContain('SANDBOX_PORT: expected another port than PORT (4100)');
    expect(of('0', '0')).toEqual([]);
  });

  it('never repeat a password', () => {
    const [mistake] = mistakesOf({ environment: { ...CREDENTIAL, LARK_BASE_URL: 'https://:s3cret@host' } });
    expect(mistake).toBe('LARK_BASE_URL: expected an address without query, fragment or credentials.');
  });

  it.each(['https://project.feishu.cn/open_api', 'https://host/lark/open_api/', 'https://host/OPEN_API/user/query'])(
    '%s is no base address, since the gateway adds /open_api',
    (url) => {
      expect(mistakesOf({ environment: { ...CREDENTIAL, LARK_BASE_URL: url } })).toEqual([
        'LARK_BASE_URL: expected the address that comes before /open_api, got one with it. Drop it: the gateway adds it.',
      ]);
    },
  );

  it.each([
    'project.feishu.cn',
    'localhost:4100',
    '//project.feishu.cn',
    'https:project.feishu.cn',
    'https:/project.feishu.cn',
    'https://https://project.feishu.cn',
    'https://http//project.feishu.cn',
    'https://project.feishu.cn /x',
    'https://project.\nfeishu.cn',
  ])('%j is no base address', (url) => {
    expect(mistakesOf({ environment: { ...CREDENTIAL, LARK_BASE_URL: url } })).toEqual([
      `LARK_BASE_URL: expected an address such as https://project.feishu.cn, got ${JSON.stringify(url)}.`,
    ]);
  });

  it.each(['https://project.feishu.cn///', ' https://project.feishu.cn ', 'HTTPS://project.feishu.cn/open_apis'])(
    '%j is a base address',
    (url) => {
      expect(mistakesOf({ environment: { ...CREDENTIAL, LARK_BASE_URL: url } })).toEqual([]);
    },
  );

  it.each(['METRICS_PORT', 'SANDBOX_PORT', 'PORT', 'REQUEST_TIMEOUT_MS'])(
    'name the Kubernetes service link that %s is set to',
    (name) => {
      const [mistake, ...others] = mistakesOf({ environment: { [name]: 'tcp://10.0.0.1:9090' } });
      expect(others).toEqual([]);
      expect(mistake).toContain(
        `, got "tcp://10.0.0.1:9090", which looks like a Kubernetes service link. Set ${name}, or "enableServiceLinks: false" in the pod.`,
      );
    },
  );

  it('do not suspect a service link of being a setting', () => {
    const links = { METRIC_PORT: 'tcp://10.0.0.1:9090', PORTS: 'udp://[fd00::1]:53' };
    expect(readConfig({ environment: links }).warnings).toEqual([]);
  });

  it.each(['s3cr et', 's3cret\nmore', 's3cret\u200b', '密钥'])(
    'include a plugin secret with what comes with copying, and do not repeat it: %j',
    (LARK_PLUGIN_SECRET) => {
      expect(mistakesOf({ environment: { ...CREDENTIAL, LARK_PLUGIN_SECRET } })).toEqual([
        'LARK_PLUGIN_SECRET: expected visible ASCII without spaces, got other characters.',
      ]);
    },
  );

  it.each(['https://user:pw@host', 'https://host/?a=1', 'https://host/#x'])('%s is no base address', (url) => {
    expect(mistakesOf({ environment: { ...CREDENTIAL, LARK_BASE_URL: url } })).toHaveLength(1);
  });
});

it('a user API over plain http is a warning, unless it is on this machine', () => {
  const warningsFor = (LARK_BASE_URL: string) =>
    readConfig({ environment: { LARK_BASE_URL, LARK_PLUGIN_ID: 'MII_1', LARK_PLUGIN_SECRET: 's' } }).warnings;
  expect(warningsFor('http://lark.example.com')).toEqual([
    'LARK_BASE_URL is plain http: the plugin secret, tokens and users travel in clear. Set an address with https.',
  ]);
  const ofCallers = { LARK_BASE_URL: 'http://lark.example.com', LARK_IDENTITY: 'caller' };
  expect(readConfig({ environment: ofCallers }).warnings).toEqual([
    'LARK_BASE_URL is plain http: tokens and users travel in clear. Set an address with https.',
  ]);
  expect([...warningsFor('https://lark.example.com'), ...warningsFor('http://127.0.0.1:4100')]).toEqual([]);
});

it('more than 15 calls a second is a warning, no mistake', () => {
  const { warnings, limits } = readConfig({ environment: { LARK_CALLS_PER_SECOND: '100' } });
  expect(limits.callsPerSecond).toBe(100);
  expect(warnings[0]).toContain('the user API refuses more than 15 a second with one token');
  expect(readConfig({ environment: {} }).warnings).toEqual([]);
});

describe('limits of a request', () => {
  it('are 1 MiB and one operation, unless settings say otherwise', () => {
    const of = (environment: Record<string, string>) => {
      const { maxBodyBytes, maxBatchedOperations } = readConfig({ environment }).limits;
      return [maxBodyBytes, maxBatchedOperations];
    };
    expect(of({})).toEqual([1_048_576, 0]);
    expect(of({ MAX_BODY_BYTES: '2000000', MAX_BATCHED_OPERATIONS: '10' })).toEqual([2_000_000, 10]);
  });
});

it('requests whose document is known go the shorter way, unless FAST_PATH is off', () => {
  const usedFastPath = (environment: Record<string, string>) => readConfig({ environment }).limits.fastPath;
  expect([usedFastPath({}), usedFastPath({ FAST_PATH: 'on' }), usedFastPath({ FAST_PATH: 'off' })]).toEqual([
    true,
    true,
    false,
  ]);
  expect(mistakesOf({ environment: { FAST_PATH: 'fast' } })).toEqual([
    'FAST_PATH: expected true or false, got "fast".',
  ]);
});
