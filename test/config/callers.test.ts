import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/settings.ts';

const REAL = { LARK_BASE_URL: 'https://project.feishu.cn', LARK_PLUGIN_ID: 'MII_1', LARK_PLUGIN_SECRET: 's3cret' };
const HASH = 'a'.repeat(64);
const JWT = {
  AUTH: 'jwt',
  JWT_JWKS_URL: 'https://issuer.test/jwks',
  JWT_ISSUER: 'https://issuer.test',
  JWT_AUDIENCE: 'users',
};

const callersOf = (environment: Record<string, string>) => readConfig({ environment }).callers;

function mistakesOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig({ environment });
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('AUTH=none', () => {
  it('is the default, for names of this machine only', () => {
    expect(callersOf(REAL)).toMatchObject({
      auth: { kind: 'none', hosts: 'loopback' },
      identifiersPerMinute: undefined,
    });
  });

  it('serves made-up people to a network, but never real ones', () => {
    expect(callersOf({ HOST: '0.0.0.0' }).auth).toEqual({ kind: 'none', hosts: 'any' });
    // People from a file may be anybody.
    expect(mistakesOf({ HOST: '0.0.0.0', SANDBOX_PEOPLE: 'staff.csv' })).toHaveLength(1);
    expect(mistakesOf({ ...REAL, HOST: '0.0.0.0' })).toEqual([
      'HOST: expected a loopback address such as 127.0.0.1, got "0.0.0.0": with AUTH=none users would be open to the network. Set AUTH to api-key or jwt.',
    ]);
  });

  it('is refused beside what needs to know the caller', () => {
    expect(mistakesOf({ API_KEYS: `app:${HASH}`, EMAIL_NEEDS_SCOPE: 'true' })).toEqual([
      'API_KEYS: set, but AUTH is none. Set AUTH=api-key, or remove it.',
      'EMAIL_NEEDS_SCOPE: set, but AUTH is none, so callers are not identified. Set AUTH.',
    ]);
  });
});

describe('AUTH=api-key', () => {
  it('opens the network to callers with a key, each limited to 30,000 identifiers a minute', () => {
    const API_KEYS = `app:${HASH}, batch:${HASH.replaceAll('a', 'B')};scopes=email:read+cache:refresh;tenants=t1+t2`;
    expect(callersOf({ ...REAL, HOST: '0.0.0.0', AUTH: 'api-key', API_KEYS })).toEqual({
      auth: {
        kind: 'api-key',
        keys: [
          { name: 'app', sha256: HASH, scopes: undefined, tenantKeys: undefined },
          { name: 'batch', sha256: 'b'.repeat(64), scopes: ['email:read', 'cache:refresh'], tenantKeys: ['t1', 't2'] },
        ],
      },
      tenantKeys: undefined,
      emailNeedsScope: false,
      identifiersPerMinute: 30_000,
    });
  });

  it('tells all mistakes of a list by position, and repeats none of it: a key may stand where its hash belongs', () => {
    const [x, y] = ['b'.repeat(64), 'c'.repeat(64)];
    const API_KEYS = `app:${HASH},app=oops,web:lug_in-clear,x:${x};scopes=email:write,y:${y};other=1`;
    const mistakes = mistakesOf({ AUTH: 'api-key', API_KEYS });
    expect(mistakes).toHaveLength(4);
    expect(mistakes[0]).toContain('API_KEYS: entry 2: expected name:sha256');
    expect(mistakes[2]).toContain(
      '("x"): expected scopes of email:read, cache:refresh, cache:forget, got "email:write"',
    );
    expect(mistakes.join()).not.toContain('lug_in-clear');
  });

  it('says what is missing', () => {
    expect(mistakesOf({ AUTH: 'api-key' })[0]).toContain('AUTH is api-key: set API_KEYS or API_KEYS_FILE');
    expect(mistakesOf({ AUTH: 'api-key', API_KEYS: ' , ' })[0]).toContain('API_KEYS: expected at least one');
  });

  it('keeps keys within the tenants of the gateway', () => {
    const API_KEYS = `app:${HASH};tenants=t1+t9`;
    expect(mistakesOf({ AUTH: 'api-key', API_KEYS, LARK_TENANT_KEYS: 't1, t2' })).toEqual([
      'API_KEYS: "app" may name tenants that LARK_TENANT_KEYS does not list. Add them there, or remove them here.',
    ]);
  });
});

it('IDENTIFIERS_PER_MINUTE has to allow at least one large operation', () => {
  const limited = { ...REAL, AUTH: 'api-key', API_KEYS: `app:${HASH}`, IDENTIFIERS_PER_MINUTE: '500' };
  expect(mistakesOf(limited)).toEqual([
    'IDENTIFIERS_PER_MINUTE: expected at least MAX_IDENTIFIERS (1000), got 500: a large operation would never be allowed.',
  ]);
  expect(mistakesOf({ ...limited, MAX_IDENTIFIERS: '500' })).toEqual([]);
});

describe('AUTH=jwt', () => {
  it('needs to know issuer, audience and keys', () => {
    expect(callersOf({ ...REAL, ...JWT, HOST: '0.0.0.0' }).auth).toEqual({
      kind: 'jwt',
      jwksUrl: 'https://issuer.test/jwks',
      issuer: 'https://issuer.test',
      audience: 'users',
      algorithms: undefined,
      clockToleranceSeconds: undefined,
    });
    expect(mistakesOf({ AUTH: 'jwt' })).toEqual(['AUTH is jwt: set JWT_JWKS_URL, JWT_ISSUER, JWT_AUDIENCE.']);
  });

  it('takes no keys over an open network, and no shared secrets', () => {
    const mistakes = mistakesOf({
      ...JWT,
      JWT_JWKS_URL: 'http://issuer.test/jwks',
      JWT_ALGORITHMS: 'RS256,HS256,none',
    });
    expect(mistakes).toEqual([
      expect.stringContaining('got "HS256,none"'),
      expect.stringContaining('JWT_JWKS_URL: expected https'),
    ]);
  });
});
