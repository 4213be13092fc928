import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { apiKeyOf, bearer } from '../support/callers.ts';
import { UNASKED } from '../support/gateway-with-sandbox.ts';
import { ANY_PORTS, emptyFolder, runCli, runCliReading } from '../support/run-cli.ts';

const BOM = '\uFEFF';

type Encoding = readonly [name: string, encode: (text: string) => Buffer, found: string];
type TextFile = readonly [
  name: string,
  content: string,
  settings: (path: string) => { args: string[]; environment?: object },
];

/** What is not UTF-8, and how it is called. */
const ENCODINGS: readonly [Encoding, ...Encoding[]] = [
  ['UTF-16', (text) => Buffer.from(BOM + text, 'utf16le'), 'UTF-16'],
  ['UTF-16 of the other byte order', (text) => Buffer.from(BOM + text, 'utf16le').swap16(), 'UTF-16'],
  ['UTF-16 without a byte order mark', (text) => Buffer.from(text, 'utf16le'), 'NUL bytes, as in UTF-16'],
  ['UTF-8 with a NUL byte', (text) => Buffer.from(`${text}\0`), 'NUL bytes, as in UTF-16'],
  ['ISO 8859-1', (text) => Buffer.from(`${text}é`, 'latin1'), 'other bytes'],
];

const DOCUMENTS = JSON.stringify({ one: '{ user(key: "7000000000000000001") { key } }' });
const HASH = apiKeyOf('frontend').sha256;

/** Every file that people write, what is in it, and the settings with which it is read. */
const FILES: readonly [TextFile, ...TextFile[]] = [
  ['.env', 'SANDBOX_PEOPLE=7\n', () => ({ args: [] })],
  ['the-settings', 'SANDBOX_PEOPLE=7\n', (path) => ({ args: ['--settings-file', path] })],
  ['api-keys', `frontend:${HASH}\n`, (path) => ({ args: ['--auth', 'api-key'], environment: { API_KEYS_FILE: path } })],
  [
    'plugin-secret',
    'sandbox-secret\n',
    (path) => ({
      args: [],
      environment: { LARK_BASE_URL: 'http://127.0.0.1:9', LARK_PLUGIN_ID: 'M', LARK_PLUGIN_SECRET_FILE: path },
    }),
  ],
  ['redis-url', 'redis://127.0.0.1:1', (path) => ({ args: ['--redis-url-file', path] })],
  ['documents.json', DOCUMENTS, (path) => ({ args: ['--trusted-documents', path, '--graphiql', 'false'] })],
  ['people.json', '[{"user_key":"42"}]', (path) => ({ args: ['--sandbox-people', path] })],
  ['people.csv', 'user_key,name_en\n42,Ada\n', (path) => ({ args: ['--sandbox-people', path] })],
];

function serveWith([name, , settings]: TextFile, content: string | Buffer) {
  const folder = emptyFolder();
  writeFileSync(join(folder, name), content);
  const { args, environment } = settings(name);
  return runCli(args, { ...ANY_PORTS, ...environment }, folder);
}

describe('a text file', () => {
  it.each(FILES)('may begin with a byte order mark: %s', async (...file) => {
    const [, content] = file;
    const withMark = serveWith(file, BOM + content);
    await withMark.until('Metrics');
    expect(withMark.stderr()).not.toContain('"level":"error"');
  });

  it.each([
    ...FILES.map((file) => [file[0], ENCODINGS[0][0], file, ENCODINGS[0]] as const),
    ...ENCODINGS.slice(1).map((encoding) => ['.env', encoding[0], FILES[0], encoding] as const),
  ])('is refused by its name where it is not UTF-8: %s in %s', async (name, _, file, [, encode, found]) => {
    const cli = serveWith(file, encode(file[1]));
    expect(await cli.ended).toBeGreaterThan(0);
    const { stdout, stderr } = { stdout: cli.stdout(), stderr: cli.stderr() };
    expect(stderr).toMatch(
      new RegExp(`${name.replace('.', '\\.')}.*(not text in|expected text in) UTF-8.*${found}.*as UTF-8`),
    );
    expect(stderr + stdout).not.toContain('sandbox-secret');
  });

  it('with a byte order mark loses none of its settings: EMAIL_NEEDS_SCOPE is in force', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, '.env'), `${BOM}EMAIL_NEEDS_SCOPE=true\nAUTH=api-key\nAPI_KEYS=frontend:${HASH}\n`);
    const banner = await runCli([], ANY_PORTS, folder).until('curl');
    const url = /http:\S+\/graphql/.exec(banner)?.[0];
    const answer = await fetch(`${url}?query={user(key:"7000000000000000001"){email}}`, {
      headers: { ...UNASKED, ...bearer('frontend') },
    });
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });

  it('with a byte order mark gives the secret that is in it, without the line end', async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    for (const content of [`${BOM}sandbox-secret`, 'sandbox-secret\r\n', `${BOM}sandbox-secret\n\n`]) {
      const folder = emptyFolder();
      writeFileSync(join(folder, 'secret'), content);
      const { pluginId: LARK_PLUGIN_ID } = sandbox.credential;
      const environment = { LARK_BASE_URL: sandbox.url, LARK_PLUGIN_ID, LARK_PLUGIN_SECRET_FILE: 'secret' };
      expect(await runCli(['check'], environment, folder).ended).toBe(0);
    }
  });

  it.each(ENCODINGS)('is refused by forget, which sends nothing: %s', async (_, encode, found) => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'credential'), encode('lug_key'));
    const args = ['forget', '--url', 'http://127.0.0.1:9', '--key'];
    const cli = runCli([...args, '1', '--credential-file', 'credential'], {}, folder);
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toContain(
      `--credential-file names credential, which is not text in UTF-8 (got ${found}): save it as UTF-8.`,
    );
    const reading = runCliReading(join(folder, 'credential'), [...args, '-']);
    expect(await reading.ended).toBe(2);
    expect(reading.stderr()).toContain(`Standard input is not text in UTF-8 (got ${found}): save it as UTF-8.`);
  });
});

describe('what is wrong in .env', () => {
  it('is told together with all other mistakes', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, '.env'), 'EMAIL_NEEDS_SCOPE true\nPORT="1\nLARK_PLUGIN_ID=a#b\n');
    const cli = runCli(['--sandbox', 'maybe'], {}, folder);
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toMatch(/^The configuration has 5 mistakes:/);
    expect(cli.stderr()).toContain('.env, line 1: expected NAME=value');
    expect(cli.stderr()).toContain('.env, line 2: the quote at PORT does not close.');
    expect(cli.stderr()).toContain('.env, line 3: the value of LARK_PLUGIN_ID ends at "#"');
    expect(cli.stderr()).toContain('SANDBOX: expected true or false, got "maybe".');
  });

  it('is told beside the mistakes of flags where the file cannot be read at all', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, '.env'), Buffer.from('PORT=1', 'utf16le'));
    const cli = runCli(['--port', 'x'], {}, folder);
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toContain('The settings file .env is not text in UTF-8');
    expect(cli.stderr()).toContain('PORT: expected a whole number');
  });

  it('is a warning of the log at the start where a "#" may have cut off a secret, which is not shown', async () => {
    const folder = emptyFolder();
    writeFileSync(
      join(folder, '.env'),
      'LARK_BASE_URL=http://127.0.0.1:9\nLARK_PLUGIN_ID=M\nLARK_PLUGIN_SECRET=s3cret#tail\n',
    );
    const cli = runCli([], ANY_PORTS, folder);
    await cli.until('Metrics');
    await expect.poll(() => cli.stderr()).toContain('.env, line 3: the value of LARK_PLUGIN_SECRET ends at');
    expect(cli.stderr() + cli.stdout()).not.toMatch(/s3cret|tail/);
  });
});

it('a remote user API over plain http is warned of once, at the start', async () => {
  const credential = { LARK_PLUGIN_ID: 'M', LARK_PLUGIN_SECRET: 's3cret' };
  const cli = runCli([], { ...ANY_PORTS, ...credential, LARK_BASE_URL: 'http://lark.invalid' });
  await cli.until('Metrics');
  cli.process.kill('SIGTERM');
  await cli.ended;
  expect(cli.stderr().match(/LARK_BASE_URL is plain http: the plugin secret/g)).toHaveLength(1);
});

it('a proxy that is not there is named in the log, in place of the user API', async () => {
  const cli = runCli([], {
    ...ANY_PORTS,
    LARK_BASE_URL: 'https://lark.invalid',
    LARK_PLUGIN_ID: 'M',
    LARK_PLUGIN_SECRET: 's3cret',
    HTTPS_PROXY: 'http://127.0.0.1:9',
  });
  await expect.poll(() => cli.stderr(), { timeout: 10_000 }).toContain('The proxy to the user API is unreachable');
  expect(cli.stderr()).not.toMatch(/plugin token cannot be renewed|127\.0\.0\.1:9\b/);
});
