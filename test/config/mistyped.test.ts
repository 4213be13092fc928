import { describe, expect, it } from 'vitest';
import { CREDENTIAL, mistakesOf } from '../support/mistakes-of.ts';

const JWT = { AUTH: 'jwt', JWT_JWKS_URL: 'https://a.test/jwks', JWT_ISSUER: 'a', JWT_AUDIENCE: 'b' };
const HASH = 'a'.repeat(64);
const told = (environment: Record<string, string>) => mistakesOf({ environment: { ...CREDENTIAL, ...environment } });
const keysTold = (API_KEYS: string) => told({ AUTH: 'api-key', API_KEYS });

describe('a mistake', () => {
  it.each([
    { LARK_BASE_URL: 'htps://user:s3cretpw@host' },
    { LARK_BASE_URL: 'user:s3cretpw@host/x' },
    { ...JWT, JWT_JWKS_URL: 'ftp://user:s3cretpw@host/jwks' },
    { CORS_ORIGINS: 'https://user:s3cretpw@host' },
    { HOST: 'user:s3cretpw@host' },
  ])('does not repeat a text in which a password may be: %j', (environment) => {
    const mistakes = told(environment);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toContain('got a text with an @, not repeated');
    expect(mistakes.join()).not.toContain('s3cretpw');
  });

  it.each(['constructor', '__proto__', 'toString'])('is a switch that is set to %s', (word) => {
    expect(told({ CSRF_PREVENTION: word })).toEqual([`CSRF_PREVENTION: expected true or false, got "${word}".`]);
  });

  it.each([
    ['LARK_TENANT_KEYS', 'keys of tenants', {}],
    ['JWT_ALGORITHMS', 'names of algorithms', JWT],
  ])('is a list without an entry: %s', (name, what, around) => {
    for (const text of [',', ' , ,'])
      expect(told({ ...around, [name]: text })).toEqual([
        `${name}: expected ${what}, separated by commas, got an empty list.`,
      ]);
  });
});

describe('an API key', () => {
  it('is told its scopes, or its tenants, once: nobody would know which are meant', () => {
    expect(keysTold(`a:${HASH};scopes=email:read;scopes=cache:refresh`)).toEqual([
      'API_KEYS: entry 1 ("a"): expected scopes= once, with all of them: scopes=a+b.',
    ]);
    expect(keysTold(`a:${HASH};tenants=t1;scopes=email:read;tenants=t2`)).toEqual([
      'API_KEYS: entry 1 ("a"): expected tenants= once, with all of them: tenants=a+b.',
    ]);
  });

  it('is of one caller', () => {
    expect(keysTold(`a:${HASH},b:${'b'.repeat(64)}\nc:${HASH.toUpperCase()};scopes=email:read`)).toEqual([
      'API_KEYS: line 2 ("c"): expected another hash than that of "a": one key is one caller.',
    ]);
  });
});
