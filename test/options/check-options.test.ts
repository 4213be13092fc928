import { expect, it } from 'vitest';
import type { GatewayOptions } from '../../src/index.ts';
import { createGateway } from '../../src/index.ts';

const RIGHT = { baseUrl: 'http://127.0.0.1:9', pluginId: 'MII_1', pluginSecret: 's3cret' };

/** As a program in JavaScript may call it. */
const making = (options: unknown) => () => createGateway(options as GatewayOptions);

it.each<[string, unknown]>([
  ['auth.keys: expected a list, got nothing.', { auth: { kind: 'api-key' } }],
  ['auth.kind: expected "none" or "api-key" or "jwt", got "apikey".', { auth: { kind: 'apikey' } }],
  ['auth.keys[0].name: expected 1 to 64 letters, digits, "-", "_" and ".", got "a b".', keyOf({ name: 'a b' })],
  ['auth.keys[0].sha256: expected the SHA-256 of the key, 64 hex digits, got a text.', keyOf({ sha256: 'lug_key' })],
  ['auth.issuer: expected a text, got nothing.', { auth: { kind: 'jwt', jwksUrl: 'https://a.test', audience: 'a' } }],
  [
    'baseUrl: expected an address such as https://project.feishu.cn, got "project.feishu.cn".',
    url('project.feishu.cn'),
  ],
  ['baseUrl: expected an address such as https://project.feishu.cn, got nothing.', { baseUrl: undefined }],
  ['baseUrl: expected an address such as https://project.feishu.cn, got a text.', url('https://me:s3cret@host')],
  [
    'baseUrl: expected the address that comes before /open_api, got one with it.',
    url('https://project.feishu.cn/open_api'),
  ],
  ['callsPerSecond: expected a number of 1 or more, got -4.', { callsPerSecond: -4 }],
  ['timeoutMs: expected a number from 1 to 2147483647, in milliseconds, got NaN.', { timeoutMs: Number.NaN }],
  ['maxIdentifiers: expected a whole number of 1 or more, got "10".', { maxIdentifiers: '10' }],
  ['cache.ttlMs: expected a number of 0 or more, in milliseconds, got -1.', { cache: { ttlMs: -1 } }],
  ['cache: expected an object, got a number.', { cache: 5 }],
  ['corsOrigins[1]: expected a site as browsers name it, such as https://app.example.com, got "*".', cors('*')],
  [
    'corsAllowedHeaders[0]: expected the name of a header, such as x-app-version, got "x-a\\r\\nset-cookie: a".',
    { corsAllowedHeaders: ['x-a\r\nset-cookie: a'] },
  ],
  ['redis.url: expected the address of a Redis, such as redis://host:6379, got a text.', redis('http://:s3cret@host')],
  ['Expected redis.encryptionKey, since there is no plugin secret.', { identity: 'caller', ...redis('redis://host') }],
  ['Expected pluginId and pluginSecret, or the identity "caller".', { pluginSecret: undefined }],
  ['log.write: expected a function, got nothing.', { log: { level: 'info' } }],
  ['metrics: expected true or false or "apart", got "on".', { metrics: 'on' }],
  ['introspection: expected true or false, got "false".', { introspection: 'false' }],
])('%s', (mistake, wrong) => {
  expect(making({ ...RIGHT, ...(wrong as object) })).toThrow(
    new TypeError(`createGateway: an option is wrong:\n  - ${mistake}`),
  );
});

it('tells all mistakes at once', () => {
  const wrong = { ...RIGHT, baseUrl: 'x', pluginSecret: 5, retry: { maxAttempts: 0 }, fastPath: 'off' };
  expect(making(wrong)).toThrow(`createGateway: 4 options are wrong:
  - baseUrl: expected an address such as https://project.feishu.cn, got "x".
  - pluginSecret: expected a text, got a number.
  - retry.maxAttempts: expected a whole number of 1 or more, got 0.
  - fastPath: expected true or false, got "off".`);
});

it.each([undefined, null, 'https://project.feishu.cn', []])('wants an object, not %o', (options) => {
  expect(making(options)).toThrow(/^createGateway: an option is wrong:\n {2}- options: expected an object, got /);
});

it('takes undefined for what is left out', async () => {
  const names = ['auth', 'cache', 'redis', 'callsPerSecond', 'log', 'metrics', 'corsOrigins', 'proxy'];
  const left = Object.fromEntries(names.map((name) => [name, undefined]));
  const gateway = createGateway({ ...RIGHT, ...left });
  expect(gateway.readiness().isReady).toBe(false);
  await gateway.dispose();
});

function keyOf(part: object) {
  return { auth: { kind: 'api-key', keys: [{ name: 'app', sha256: 'a'.repeat(64), ...part }] } };
}
function url(baseUrl: string) {
  return { baseUrl };
}
function cors(origin: string) {
  return { corsOrigins: ['https://app.example.com', origin] };
}
function redis(address: string) {
  return { redis: { url: address } };
}
