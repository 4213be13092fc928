import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settings } from '../../src/config/settings.ts';
import { failures } from '../../src/errors.ts';
import { pages, proseOf, ROOT } from '../support/markdown.ts';

/** Of other programs, of a command alone, of graphql-js, or values. */
const OTHERS = new Set([
  'GATEWAY_CREDENTIAL',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NODE_ENV',
  'NODE_EXTRA_CA_CERTS',
  'NO_PROXY',
  'OPERATION_RESOLUTION_FAILURE',
  'OTEL_SPAN_LINK_COUNT_LIMIT',
]);
const DOCS = pages.filter((page) => /^(docs|README|SECURITY|CONTRIBUTING)/.test(page));
const SOURCES = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(ROOT, 'src', file), 'utf8'))
  .join('\n');

const codeOf = (page: string) => [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);

describe('what the pages name', () => {
  it.each(DOCS)('every setting and error code of %s exists', (page) => {
    const names = codeOf(page).flatMap((text) => text.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []);
    const unknown = names.filter(
      (name) => !(name.replace(/_FILE$/, '') in settings) && !(name in failures) && !OTHERS.has(name),
    );
    expect(unknown).toEqual([]);
  });

  it('every error code has its row in docs/troubleshooting.md or docs/errors.md', () => {
    const told = new Set([...codeOf('docs/troubleshooting.md'), ...codeOf('docs/errors.md')]);
    expect(Object.keys(failures).filter((code) => !told.has(code))).toEqual([]);
  });

  it('docs/errors.md names every code that comes with retryAfterMs, and the header', () => {
    const given = [...SOURCES.matchAll(/'([A-Z_]+)',(?:(?!GatewayError\()[^;])*?retryAfterMs\b/g)];
    const codes = given.map(([, code = '']) => code).filter((code) => code in failures);
    expect(codes).toContain('OVERLOADED');
    const row = proseOf('docs/errors.md')
      .split('\n')
      .find((line) => line.startsWith('| `retryAfterMs`'));
    // Of UPSTREAM_UNAVAILABLE, the one of an open circuit breaker.
    const told = codes.map((code) => (code === 'UPSTREAM_UNAVAILABLE' ? 'open circuit breaker' : `\`${code}\``));
    expect(told.filter((text) => !row?.includes(text))).toEqual([]);
    expect(row).toContain('`retry-after`');
  });

  it('symptoms of docs/troubleshooting.md are said in the words of the gateway', () => {
    const rows = proseOf('docs/troubleshooting.md')
      .split('\n')
      .filter((line) => line.startsWith('| '));
    const symptoms = rows.map((row) => row.split(' | ')[0] ?? '');
    const quoted = symptoms
      .flatMap((text) => text.match(/"[^"]+"|`[^`]+`/g) ?? [])
      .filter((text) => text.includes(' ') && text.length > 14);
    expect(quoted.length).toBeGreaterThan(4);
    const parts = quoted.flatMap((text) => text.slice(1, -1).split('…')).map((part) => part.trim());
    expect(parts.filter((part) => !SOURCES.includes(part))).toEqual([]);
  });

  it('every command of the pages is one of lark-user-gateway', () => {
    const named = DOCS.flatMap((page) => codeOf(page)).flatMap(
      (text) => /^(?:lark-user-gateway|node dist\/cli\.js) ([a-z][a-z-]*)/.exec(text)?.[1] ?? [],
    );
    expect(named).toContain('check');
    const commands = [...SOURCES.matchAll(/\.command\('([\w-]+)'/g)].map(([, name]) => name);
    expect(named.filter((name) => !commands.includes(name))).toEqual([]);
  });
});
