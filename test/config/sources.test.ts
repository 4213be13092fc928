import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { CREDENTIAL, mistakesOf } from '../support/mistakes-of.ts';

function file(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'config-')), 'file');
  writeFileSync(path, content);
  return path;
}

describe('sources', () => {
  it('flags win over the environment, the environment over the file, and the file over defaults', () => {
    const path = file('PORT=1\nMAX_IDENTIFIERS=2\nLARK_TIMEOUT_MS=3\n');
    const config = readConfig({
      flags: { PORT: '100' },
      environment: { PORT: '10', MAX_IDENTIFIERS: '20' },
      envFile: { path, isOptional: false },
    });
    expect([config.port, config.limits.maxIdentifiers, config.limits.timeoutMs, config.host]).toEqual([
      100,
      20,
      3,
      '127.0.0.1',
    ]);
  });

  it('an empty value counts as not set', () => {
    expect(readConfig({ environment: { PORT: '', LARK_PLUGIN_ID: ' ' } })).toMatchObject({
      port: 4000,
      upstream: { kind: 'sandbox' },
    });
  });

  it('a missing .env is no mistake, a missing file that was named is', () => {
    expect(mistakesOf({ environment: {}, envFile: { path: '/nowhere/.env', isOptional: true } })).toEqual([]);
    expect(mistakesOf({ environment: {}, envFile: { path: '/nowhere/.env', isOptional: false } })).toEqual([
      'The settings file /nowhere/.env cannot be read (ENOENT).',
    ]);
  });

  it('a secret can come from a file, without the line end', () => {
    const { LARK_PLUGIN_SECRET: _, ...rest } = CREDENTIAL;
    const config = readConfig({ environment: { ...rest, LARK_PLUGIN_SECRET_FILE: file('s3cret\n') } });
    expect(config.upstream).toMatchObject({ credential: { pluginSecret: 's3cret' } });
  });

  it('a secret file that is missing, empty or one of two is a mistake, and no secret is told', () => {
    const { LARK_PLUGIN_SECRET: _, ...rest } = CREDENTIAL;
    const told = (more: Record<string, string>) => mistakesOf({ environment: { ...rest, ...more } });
    // Once each: the credential is not incomplete as well.
    expect(told({ LARK_PLUGIN_SECRET_FILE: '/nowhere' })).toEqual([
      'LARK_PLUGIN_SECRET_FILE names /nowhere, which cannot be read (ENOENT).',
    ]);
    expect(told({ LARK_PLUGIN_SECRET_FILE: file(' \n') })).toEqual([expect.stringContaining('which is empty')]);
    expect(told({ LARK_PLUGIN_SECRET_FILE: file('x'), LARK_PLUGIN_SECRET: 's3cret' })).toEqual([
      'LARK_PLUGIN_SECRET and LARK_PLUGIN_SECRET_FILE are both set: set one of them.',
    ]);
  });

  it('proxies are taken from the usual variables', () => {
    const { limits } = readConfig({
      environment: { ...CREDENTIAL, https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1', NO_PROXY: 'c' },
    });
    expect(limits.proxy).toEqual({ httpProxy: undefined, httpsProxy: 'http://a:1', noProxy: 'c' });
  });

  it.each([
    ['127.0.0.1:3128', 'http://127.0.0.1:3128'],
    ['proxy.corp', 'http://proxy.corp'],
    ['https://user:pw@proxy.corp:443', 'https://user:pw@proxy.corp:443'],
  ])('the proxy %s is %s, as curl reads it', (HTTPS_PROXY, read) => {
    expect(readConfig({ environment: { ...CREDENTIAL, HTTPS_PROXY } }).limits.proxy?.httpsProxy).toBe(read);
  });

  it.each(['socks5://user:s3cret@proxy.corp', 'http://', 'a b', 'http://user:s3cret%zz@proxy.corp'])(
    'the proxy %s is a mistake, and not repeated',
    (text) => {
      expect(mistakesOf({ environment: { ...CREDENTIAL, http_proxy: text } })).toEqual([
        'http_proxy: expected the address of an HTTP proxy, such as http://proxy.example.com:3128.',
      ]);
    },
  );

  it('a name that is nearly one of a setting is told, since it protects nobody', () => {
    const path = file('EMAIL_NEED_SCOPE=true\ncors_origins=https://a.example\nCOLOR=blue\n');
    const sources = {
      environment: { IDENTIFIER_PER_MINUTE: '5', REDIS_TLS: 'on', http_proxy: '', HOSTNAME: 'x' },
      envFile: { path, isOptional: false },
    };
    const odd = [
      `EMAIL_NEED_SCOPE in ${path} is not a setting. Did you mean EMAIL_NEEDS_SCOPE?`,
      `cors_origins in ${path} is not a setting. Did you mean CORS_ORIGINS?`,
      'IDENTIFIER_PER_MINUTE in the environment is not a setting. Did you mean IDENTIFIERS_PER_MINUTE?',
    ];
    expect(readConfig(sources).warnings).toEqual(odd);
    // It may be why something is missing.
    expect(mistakesOf({ ...sources, flags: { PORT: 'x' } })).toEqual([expect.stringContaining('PORT: '), ...odd]);
  });

  it.each([
    ['10.0.0.0/8', 'entry 1 of 1'],
    ['a.example, 10.0.0.0/8 fd00::/8', 'entries 2, 3 of 3'],
    ['*,a.example', 'entry 1 of 2'],
    ['10.*', 'entry 1 of 1'],
    ['*example.com', 'entry 1 of 1'],
    ['::1', 'entry 1 of 1'],
    ['https://a.example', 'entry 1 of 1'],
  ])('NO_PROXY=%s is a warning: %s has no effect', (NO_PROXY, which) => {
    const withProxy = { ...CREDENTIAL, HTTPS_PROXY: 'http://a:1' };
    const { warnings } = readConfig({ environment: { ...withProxy, NO_PROXY } });
    expect(warnings).toEqual([expect.stringMatching(`^NO_PROXY: ${which} without effect. Expected hosts such as`)]);
    expect(readConfig({ environment: { ...withProxy, no_proxy: NO_PROXY } }).warnings[0]).toMatch(/^no_proxy: /);
    // Without a proxy there is nothing to keep away from.
    expect(readConfig({ environment: { ...CREDENTIAL, NO_PROXY } }).warnings).toEqual([]);
  });

  it.each(['*', ' * ', 'a.example', '.example.com *.example.com', '10.0.0.1:8080, [::1], [::1]:80'])(
    'NO_PROXY=%j is no warning',
    (NO_PROXY) => {
      const config = readConfig({ environment: { ...CREDENTIAL, HTTPS_PROXY: 'http://a:1', NO_PROXY } });
      expect(config.warnings).toEqual([]);
      expect(config.limits.proxy?.noProxy).toBe(NO_PROXY.trim());
    },
  );

  it('a value in quotes of its own is a warning, since they are sent', () => {
    const { warnings } = readConfig({ environment: { ...CREDENTIAL, LARK_PLUGIN_SECRET: '"s3cret"' } });
    expect(warnings).toEqual(['LARK_PLUGIN_SECRET is in quotes, which are taken as a part of it. Remove them.']);
  });

  it('a proxy never stands between the gateway and its own sandbox', () => {
    expect(readConfig({ environment: { HTTP_PROXY: 'http://a:1' } }).limits.proxy).toBeUndefined();
  });

  it.each(['production', 'Production', ' production '])('NODE_ENV=%s is production', (NODE_ENV) => {
    const { exposure } = readConfig({ environment: { NODE_ENV, SANDBOX: 'true' } });
    expect(exposure).toMatchObject({ showsGraphiql: false, introspection: false });
  });

  it('GraphiQL is off in production unless it is switched on', () => {
    const environment = { ...CREDENTIAL, NODE_ENV: 'production' };
    expect(readConfig({ environment }).exposure.showsGraphiql).toBe(false);
    expect(readConfig({ environment: { ...environment, GRAPHIQL: 'on' } }).exposure.showsGraphiql).toBe(true);
    expect(readConfig({ environment: {} }).exposure.showsGraphiql).toBe(true);
  });
});
