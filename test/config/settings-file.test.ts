import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnvFile } from '../../src/config/sources.ts';

const KNOWN = ['EMAIL_NEEDS_SCOPE', 'LARK_PLUGIN_SECRET', 'API_KEYS', 'PORT', 'HTTPS_PROXY'];

function read(text: string) {
  const mistakes: string[] = [];
  const warnings: string[] = [];
  const secrets = new Set(['LARK_PLUGIN_SECRET', 'API_KEYS']);
  const values = parseEnvFile(text, '.env', { known: KNOWN, secrets, mistakes, warnings });
  return { values: { ...values }, mistakes, warnings };
}
const valuesOf = (text: string) => {
  const { values, mistakes, warnings } = read(text);
  expect([mistakes, warnings]).toEqual([[], []]);
  return values;
};

describe('a file of settings', () => {
  it.each([
    ['a line each', 'PORT=1\nHOST=a\n', { PORT: '1', HOST: 'a' }],
    ['lines that end with CR LF', 'PORT=1\r\n\r\nHOST=a\r\n', { PORT: '1', HOST: 'a' }],
    ['lines that end with CR', 'PORT=1\rHOST=a', { PORT: '1', HOST: 'a' }],
    ['spaces', '  PORT =  1\t\n', { PORT: '1' }],
    ['export', 'export PORT=1\n  export   HOST = a', { PORT: '1', HOST: 'a' }],
    ['comments', '# PORT=1\n  # PORT=2\nPORT=3 # why\nHOST="a" # who\nA=\'#\'', { PORT: '3', HOST: 'a', A: '#' }],
    ['nothing as a value', 'PORT=\nHOST=  \nA=""\nB= # later', { PORT: '', HOST: '', A: '', B: '' }],
    ['quotes of three kinds', 'A=" a#\'b "\nB=\'c"d\'\nC=`e`', { A: " a#'b ", B: 'c"d', C: 'e' }],
    ['line breaks in quotes', 'API_KEYS="a:1\nb:2"\nPORT=1', { API_KEYS: 'a:1\nb:2', PORT: '1' }],
    ['"\\n" in double quotes', 'A="a\\nb"\nB=\'a\\nb\'', { A: 'a\nb', B: 'a\\nb' }],
    ['a quote within', 'A=it\'s\nB=a"b"', { A: "it's", B: 'a"b"' }],
    ['"=" within', 'A=b=c', { A: 'b=c' }],
    ['a byte order mark within, as joined files have', 'HOST=a\n\uFEFFPORT=1', { HOST: 'a', PORT: '1' }],
    ['a value after none', 'PORT=\nPORT=1', { PORT: '1' }],
    ['other names twice', 'A=1\nA=2', { A: '2' }],
  ])('may have %s', (_, text, values) => {
    expect(valuesOf(text)).toEqual(values);
  });

  it.each([
    ['no "="', 'EMAIL_NEEDS_SCOPE true', 1, 'expected NAME=value, or "#" and a comment.'],
    ['a colon', 'PORT=1\n\nEMAIL_NEEDS_SCOPE: true', 3, 'expected NAME=value, or "#" and a comment.'],
    ['a full-width "="', 'EMAIL_NEEDS_SCOPE\uFF1Dtrue', 1, 'expected NAME=value, or "#" and a comment.'],
    ['an invisible character', '\u200BPORT=1', 1, 'expected NAME=value, or "#" and a comment.'],
    ['the form of another shell', 'set PORT=1', 1, 'expected NAME=value, or "#" and a comment.'],
    [
      'a quote that does not close',
      'A=1\nPORT="1\nB=2',
      2,
      'the quote at PORT does not close. Close it, or remove it.',
    ],
    [
      'a quote that closes behind another setting',
      'HOST="a\nEMAIL_NEEDS_SCOPE=true\nB="c"',
      1,
      'the quote at HOST closes only behind another setting. Close it on its line.',
    ],
    [
      'text behind a quote',
      'LARK_PLUGIN_SECRET="s3"cret',
      1,
      'expected nothing behind the closing quote of LARK_PLUGIN_SECRET. Use another kind of quote around it.',
    ],
    [
      'a quote in quotes of its kind',
      'LARK_PLUGIN_SECRET="s3\\"cret"',
      1,
      'expected nothing behind the closing quote of LARK_PLUGIN_SECRET. Use another kind of quote around it.',
    ],
    [
      'a setting twice',
      'EMAIL_NEEDS_SCOPE=true\nEMAIL_NEEDS_SCOPE=false',
      2,
      'EMAIL_NEEDS_SCOPE has a value already, further up. Remove one of them.',
    ],
    [
      'a setting twice, the second time without a value',
      'EMAIL_NEEDS_SCOPE=true\n#\nexport EMAIL_NEEDS_SCOPE=',
      3,
      'EMAIL_NEEDS_SCOPE has a value already, further up. Remove one of them.',
    ],
  ])('with %s is a mistake, told by its line and without the value', (_, text, line, mistake) => {
    const { mistakes } = read(text);
    expect(mistakes).toEqual([`.env, line ${line}: ${mistake}`]);
    expect(mistakes.join()).not.toContain('s3');
  });

  it.each([
    ['LARK_PLUGIN_SECRET=s3cret#more', 's3cret'],
    ['LARK_PLUGIN_SECRET=s3cret #more', 's3cret'],
    ['LARK_PLUGIN_SECRET=#s3cret', ''],
    ['HTTPS_PROXY=http://user:s3cret#@proxy:1', 'http://user:s3cret'],
  ])('warns of a "#" that may belong to the value: %s', (line, value) => {
    const { values, warnings, mistakes } = read(`# first\n${line}`);
    const [name = ''] = line.split('=');
    expect(values[name]).toBe(value);
    expect(mistakes).toEqual([]);
    expect(warnings).toEqual([
      `.env, line 2: the value of ${name} ends at "#", which begins a comment. Put the value in quotes, or the comment on its own line.`,
    ]);
  });

  it('is read as Node reads it, where nothing is wrong', () => {
    const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,5}$/);
    const word = fc.stringMatching(/^[a-z0-9=:/.'-]{0,6}$/).filter((text) => !text.startsWith("'"));
    const value = fc.oneof(
      word,
      word.map((text) => `"${text} #\n${text}"`),
      word.map((text) => `'${text.replaceAll("'", '')}' # why`),
      word.map((text) => ` ${text}  # why`),
    );
    const line = fc.oneof(
      fc
        .tuple(fc.constantFrom('', 'export '), name, value)
        // Node 24 takes "export A=" for a setting of the name "export A".
        .filter(([prefix, , text]) => prefix === '' || text !== '')
        .map(([prefix, one, text]) => `${prefix}${one}=${text}`),
      fc.constantFrom('', '# A=1'),
    );
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom('\n', '\r\n'), (lines, end) => {
        const text = `${lines.join('\n')}\n`.replaceAll('\n', end);
        expect(read(text).values).toEqual({ ...parseEnv(text) });
      }),
    );
  });
});
