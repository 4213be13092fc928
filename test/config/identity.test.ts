import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/settings.ts';

const LARK_BASE_URL = 'https://project.feishu.cn';
const CALLER = { LARK_IDENTITY: 'caller' };

const upstreamOf = (environment: Record<string, string>) => readConfig({ environment }).upstream;

function mistakesOf(environment: Record<string, string>, needs?: 'credential'): readonly string[] {
  try {
    readConfig({ environment }, needs);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('LARK_IDENTITY=plugin', () => {
  it('is the default', () => {
    const credential = { LARK_BASE_URL, LARK_PLUGIN_ID: 'MII_1', LARK_PLUGIN_SECRET: 's3cret' };
    expect(upstreamOf(credential)).toMatchObject({
      kind: 'real',
      credential: { identity: 'plugin', pluginId: 'MII_1' },
    });
    expect(upstreamOf({})).toMatchObject({ kind: 'sandbox', identity: 'plugin' });
  });

  it('or caller is all there is', () => {
    expect(mistakesOf({ LARK_IDENTITY: 'user' })).toEqual(['LARK_IDENTITY: expected plugin or caller, got "user".']);
  });
});

describe('LARK_IDENTITY=caller', () => {
  it('needs the address of the user API and no credential', () => {
    expect(upstreamOf({ ...CALLER, LARK_BASE_URL })).toEqual({
      kind: 'real',
      credential: { baseUrl: LARK_BASE_URL, identity: 'caller' },
    });
    expect(mistakesOf({ ...CALLER, NODE_ENV: 'production' })).toEqual([
      'LARK_IDENTITY is caller: set LARK_BASE_URL. To serve made-up people instead, set --sandbox.',
    ]);
    expect(mistakesOf({ ...CALLER, SANDBOX: 'false' })).toHaveLength(1);
  });

  it('serves the sandbox where there is no address, or where it is told to', () => {
    expect(upstreamOf(CALLER)).toMatchObject({ kind: 'sandbox', identity: 'caller', isExplicit: false });
    expect(upstreamOf({ ...CALLER, SANDBOX: 'true', LARK_BASE_URL })).toMatchObject({
      kind: 'sandbox',
      isExplicit: true,
    });
  });

  it('tells one mistake for an address that is malformed', () => {
    expect(mistakesOf({ ...CALLER, LARK_BASE_URL: 'nowhere' })).toEqual([
      'LARK_BASE_URL: expected an address such as https://project.feishu.cn, got "nowhere".',
    ]);
  });

  it('is refused beside what would not be in force', () => {
    const unused = {
      LARK_PLUGIN_ID: 'MII_1',
      LARK_PLUGIN_SECRET: 's3cret',
      LARK_TOKEN_TYPE: 'virtual',
      LARK_USER_KEY: '1',
      CACHE_STALE_SECONDS: '60',
    };
    expect(mistakesOf({ ...CALLER, LARK_BASE_URL, ...unused })).toEqual([
      'LARK_PLUGIN_ID, LARK_PLUGIN_SECRET, LARK_TOKEN_TYPE, LARK_USER_KEY, CACHE_STALE_SECONDS: set, but LARK_IDENTITY is caller, which does not use it. Set LARK_IDENTITY=plugin, or remove it.',
    ]);
  });

  it('leaves check without a credential that it could check', () => {
    expect(mistakesOf({ ...CALLER, LARK_BASE_URL }, 'credential')).toEqual([
      'LARK_IDENTITY is caller, so there is no credential to check: only the callers have tokens. Set LARK_IDENTITY=plugin to check the credential of a plugin.',
    ]);
  });
});
