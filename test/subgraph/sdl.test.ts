import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, isNonNullType, isObjectType, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { codesByPath, gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const committed = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const FILES = { api: 'schema.graphql', federation: 'schema.federation.graphql', stitching: 'schema.stitching.graphql' };

function fieldsOfUser(sdl: string) {
  const { User } = buildSchema(sdl, { assumeValidSDL: true }).getTypeMap();
  if (!isObjectType(User)) throw new TypeError('Expected the type User.');
  return Object.values(User.getFields());
}

describe('lark-user-gateway schema --format', () => {
  it.each(Object.entries(FILES))('%s prints what is committed as %s', (format, file) => {
    const printed = execFileSync(process.execPath, ['dist/cli.js', 'schema', '--format', format], { cwd: ROOT });
    expect(printed.toString()).toBe(committed(file));
    expect(() => parse(committed(file))).not.toThrow();
  });

  it('api is for clients: it has nothing that only supergraphs need', () => {
    expect(committed('schema.graphql')).not.toMatch(/_entities|_service|_sdl|_Any|@key|@merge/);
  });
});

describe('the schema for supergraphs', () => {
  it('is served over HTTP as committed, to Apollo in _service and to schema stitching in _sdl', async () => {
    const { query } = await gatewayWithSandbox();
    const { data } = await query<{ federation: { sdl: string }; stitching: string }>(
      '{ federation: _service { sdl } stitching: _sdl }',
    );
    expect(data?.federation.sdl.trim()).toBe(committed('schema.federation.graphql').trim());
    expect(data?.stitching.trim()).toBe(committed('schema.stitching.graphql').trim());
  });

  it('identifies users by three keys, keeps descriptions, and hides _sdl from clients of a supergraph', () => {
    const sdl = committed('schema.federation.graphql');
    expect(sdl).toContain('type User @key(fields: "key") @key(fields: "outId") @key(fields: "email") {');
    expect(sdl).toContain('_sdl: String! @inaccessible @shareable');
    expect(sdl).toContain('A user in Lark Project (Feishu Project, Meegle).');
    expect(sdl).not.toMatch(/@merge|_entities/);
  });

  it.each(['schema.federation.graphql', 'schema.stitching.graphql'])(
    '%s has no field of a user that is never null: routers make an object of a reference to a user that is not found',
    (file) => {
      const fields = fieldsOfUser(committed(file));
      expect(fields.filter(({ type }) => isNonNullType(type))).toEqual([]);
      const neverNull = fieldsOfUser(committed('schema.graphql')).filter(({ type }) => isNonNullType(type));
      expect(neverNull.map(({ name }) => name)).toEqual(['key', 'id', 'status']);
      const said = fields.filter(({ description }) => /`null` only where another service/.test(description ?? ''));
      expect(said.map(({ name }) => name)).toEqual(['key', 'status']);
    },
  );

  it.each(['schema.federation.graphql', 'schema.stitching.graphql'])(
    '%s has every field of the API but User.id, which is for the caches of clients that ask directly',
    (file) => {
      const named = (sdl: string) => fieldsOfUser(sdl).map(({ name }) => name);
      expect(named(committed(file))).toEqual(named(committed('schema.graphql')).filter((name) => name !== 'id'));
      expect(committed(file)).not.toMatch(/^ {2}id\b/m);
      expect(committed(file)).not.toContain('`id`');
    },
  );

  it.each(Object.values(FILES))('%s documents which fields of a user are never null', (file) => {
    const [, named = ''] = /A field other than (.*) is `null`/.exec(committed(file)) ?? [];
    const never = fieldsOfUser(committed('schema.graphql')).filter(({ type }) => isNonNullType(type));
    const expected = never.map(({ name }) => name).filter((name) => name !== 'id');
    expect([...named.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(expected);
    expect(never.find(({ name }) => name === 'id')?.description).toMatch(/^Equal to `key`, so never `null`/);
  });

  it.each(Object.values(FILES))(
    '%s has the prefix User on the names of its enums, which a supergraph shares',
    (file) => {
      const enums = [...committed(file).matchAll(/^enum (\w+)/gm)].map(([, name]) => name);
      expect(enums).toEqual(['UserStatus', 'UserNameLocale']);
    },
  );

  it.each(Object.values(FILES))('%s says what happens over the limit of identifiers, and where codes are', (file) => {
    const told = buildSchema(committed('schema.graphql')).getQueryType()?.description ?? '';
    expect(told).toMatch(/above the limit is rejected as a whole with `BAD_USER_INPUT`\..*docs\/errors\.md/);
    expect(committed(file)).toContain(told);
  });

  it('merges users by lists of each key, with the directive of stitching alone', () => {
    const sdl = committed('schema.stitching.graphql');
    expect(sdl.match(/@merge\(keyField: "[^)]*\)/g)).toEqual([
      '@merge(keyField: "key", keyArg: "keys")',
      '@merge(keyField: "email", keyArg: "emails")',
      '@merge(keyField: "outId", keyArg: "outIds")',
    ]);
    expect(sdl).not.toMatch(/@key|_sdl/);
    expect(() => buildSchema(sdl)).not.toThrow();
  });

  it.each(['{ _service { sdl } }', '{ _sdl }'])('is not served with INTROSPECTION=false: %s', async (question) => {
    const { query } = await gatewayWithSandbox({ gateway: { introspection: false } });
    const answer = await query(question);
    expect(answer.data).toBeNull();
    expect(codesByPath(answer)[0]).toContain('FORBIDDEN');
    expect(JSON.stringify(answer)).not.toContain('type User');
  });

  it('is served with SUBGRAPH_SDL=true, and never with false', async () => {
    const shown = await gatewayWithSandbox({ gateway: { introspection: false, subgraphSdl: true } });
    expect(JSON.stringify(await shown.query('{ _sdl }'))).toContain('type User');
    const hidden = await gatewayWithSandbox({ gateway: { subgraphSdl: false } });
    expect(JSON.stringify(await hidden.query('{ _sdl }'))).not.toContain('type User');
  });

  it('can be set apart in the environment, and is not in production unless it is', () => {
    const exposureOf = (environment: Record<string, string>) =>
      readConfig({ environment: { SANDBOX: 'true', NODE_ENV: 'production', ...environment } }).exposure;
    expect(exposureOf({})).toMatchObject({ introspection: false, subgraphSdl: undefined, trustReferences: false });
    expect(exposureOf({ SUBGRAPH_SDL: 'true', TRUST_REFERENCES: 'true' })).toMatchObject({
      introspection: false,
      subgraphSdl: true,
      trustReferences: true,
    });
  });
});
