import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type DocumentNode, gql, InMemoryCache } from '@apollo/client';
import { fetchExchange, Client as UrqlClient } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import relay from 'relay-runtime';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { blocksOf, readPage } from '../support/markdown.ts';
import { emptyFolder } from '../support/run-cli.ts';
import { startGateway } from './gateway.ts';

const PAGE = 'docs/client-caching.md';
const [ZHANG_SAN, LI_SI, NOBODY, MALFORMED] = [
  '7000000000000000001',
  '7000000000000000002',
  '7999999999999999999',
  'no key',
] as const;
const USER = 'query User($key: ID!) { user(key: $key) { id nameEn } }';
const USERS = blocksOf(PAGE).find(({ language }) => language === 'graphql')?.text ?? '';
const zhangSan = expect.objectContaining({ nameEn: 'Zhang San' });
const liSi = expect.objectContaining({ nameEn: 'Li Si' });

/**
 * Runs the JavaScript of one section, as it stands but for the address of the gateway.
 * @param rename packages that stand in for others.
 * @returns what it exports, and how many requests it has sent.
 */
async function runSection<Exports>(heading: string, rename: Record<string, string> = {}) {
  const { url, fetch, exchanges } = await startGateway();
  vi.stubGlobal('fetch', fetch);
  onTestFinished(() => void vi.unstubAllGlobals());
  const [, section = ''] = readPage(PAGE).split(`\n## ${heading}\n`);
  const text = [...(section.split('\n## ')[0] ?? '').matchAll(/^```js\n([\s\S]*?)^```/gm)]
    .map(([, code]) => code)
    .join('');
  expect(text).toContain('http://127.0.0.1:4000/graphql');
  let program = text.replaceAll('http://127.0.0.1:4000/graphql', url);
  for (const [from, to] of Object.entries(rename)) program = program.replaceAll(`'${from}'`, `'${to}'`);
  const folder = folderWithClients();
  writeFileSync(join(folder, 'section.mjs'), program);
  const exported = (await import(pathToFileURL(join(folder, 'section.mjs')).href)) as Exports;
  return { ...exported, requests: () => exchanges.length };
}

function folderWithClients(): string {
  const folder = emptyFolder();
  symlinkSync(join(import.meta.dirname, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

interface ApolloSection {
  readonly client: {
    query(options: object): Promise<{ data: Record<string, unknown>; error?: unknown; errors?: unknown }>;
    cache: { extract(): Record<string, unknown> };
  };
  queryUsers(
    query: DocumentNode,
    variables: object,
  ): Promise<{ users: unknown[]; errors?: { extensions: { code: string } }[] }>;
}

describe.each([
  ['version 4', {}],
  ['version 3', { '@apollo/client': 'apollo-client-3/core/index.js' }],
])('docs/client-caching.md with Apollo Client %s', (_, rename) => {
  const run = () => runSection<ApolloSection>('Apollo Client', rename);

  it('stores a user once, under __typename and id, and answers user(key) from a list without a request', async () => {
    const { client, requests } = await run();
    await client.query({ query: gql(USERS), variables: { keys: [ZHANG_SAN, LI_SI] } });
    await client.query({ query: gql(USERS), variables: { keys: [LI_SI] } });
    expect(requests()).toBe(2);
    const { data } = await client.query({ query: gql(USER), variables: { key: LI_SI } });
    expect(data).toEqual({ user: liSi });
    expect(requests()).toBe(2);
    const { ROOT_QUERY: _root, ...stored } = client.cache.extract();
    expect(Object.keys(stored).filter((name) => name.startsWith('User'))).toEqual([
      `User:${ZHANG_SAN}`,
      `User:${LI_SI}`,
    ]);
  });

  it('stores null for a user who does not exist', async () => {
    const { client, requests } = await run();
    for (let n = 0; n < 2; n++) {
      const { data } = await client.query({ query: gql(USERS), variables: { keys: [ZHANG_SAN, NOBODY] } });
      expect(data).toEqual({ users: [zhangSan, null] });
      expect((await client.query({ query: gql(USER), variables: { key: NOBODY } })).data).toEqual({ user: null });
    }
    expect(requests()).toBe(2);
  });

  it('shows users beside an error, and stores the users, and no null for the entry that failed', async () => {
    const { client, queryUsers, requests } = await run();
    for (let n = 1; n <= 2; n++) {
      const { users, errors } = await queryUsers(gql(USERS), { keys: [ZHANG_SAN, MALFORMED] });
      expect(users).toEqual([zhangSan, null]);
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
      expect(requests()).toBe(n);
    }
    expect((await client.query({ query: gql(USER), variables: { key: ZHANG_SAN } })).data).toEqual({ user: zhangSan });
    expect(requests()).toBe(2);
  });

  it('stores the null without its error where the list is not removed, as the page says', async () => {
    const { client, requests } = await run();
    const options = { query: gql(USERS), variables: { keys: [MALFORMED] }, errorPolicy: 'all' };
    const first = await client.query(options);
    expect(first.error ?? first.errors).toBeDefined();
    const second = await client.query(options);
    expect(second).toMatchObject({ data: { users: [null] } });
    expect(second.error ?? second.errors).toBeUndefined();
    expect(requests()).toBe(1);
  });

  it('stores nothing of a response with an error under the default errorPolicy', async () => {
    const { client, requests } = await run();
    const options = { query: gql(USERS), variables: { keys: [ZHANG_SAN, MALFORMED] } };
    for (let n = 1; n <= 2; n++) {
      await expect(client.query(options)).rejects.toThrow('Expected a user key');
      expect(requests()).toBe(n);
    }
  });
});

describe('docs/client-caching.md over a supergraph', () => {
  const dead = (email: string) => ({ __typename: 'User', key: null, email });
  const reviewers = [
    dead('a@example.com'),
    { __typename: 'User', key: '1', email: 'b@example.com' },
    dead('c@example.com'),
  ];
  const query = gql('{ reviewers { __typename key email } }');

  it('Apollo Client keeps users without a key apart, and stores the others under their key', () => {
    expect(readPage(PAGE)).toContain("`keyFields: ({ key }) => (key ? ['key'] : false)`");
    const cache = new InMemoryCache({ typePolicies: { User: { keyFields: ({ key }) => (key ? ['key'] : false) } } });
    cache.writeQuery({ query, data: { reviewers } });
    expect(cache.readQuery({ query })).toEqual({ reviewers });
    expect(Object.keys(cache.extract())).toEqual(['User:{"key":"1"}', 'ROOT_QUERY']);
  });

  it('Graphcache keeps users without a key apart', async () => {
    expect(readPage(PAGE)).toContain('`keys: { User: ({ key }) => key }`');
    let requests = 0;
    const client = new UrqlClient({
      url: 'http://supergraph.test/graphql',
      preferGetMethod: false,
      exchanges: [cacheExchange({ keys: { User: ({ key }) => key as string | null } }), fetchExchange],
      async fetch() {
        requests++;
        return Response.json({ data: { reviewers } });
      },
    });
    for (let n = 0; n < 2; n++) {
      const { data } = await client.query('{ reviewers { key email } }', {}).toPromise();
      expect(data).toEqual({ reviewers: reviewers.map(({ key, email }) => ({ key, email })) });
    }
    expect(requests).toBe(1);
  });
});

describe('docs/client-caching.md with urql', () => {
  async function run() {
    const { createClient, requests } = await runSection<{ createClient(schema: string): UrqlClient }>('urql');
    return { client: createClient(readPage('schema.graphql')), requests };
  }

  it('stores a user once, and answers user(key) from a list without a request', async () => {
    const { client, requests } = await run();
    await client.query(USERS, { keys: [ZHANG_SAN, LI_SI] }).toPromise();
    const { data } = await client.query(USER, { key: LI_SI }).toPromise();
    expect(data).toEqual({ user: liSi });
    expect(requests()).toBe(1);
  });

  it('stores null for a user who does not exist', async () => {
    const { client, requests } = await run();
    for (let n = 0; n < 2; n++) {
      const { data } = await client.query(USERS, { keys: [ZHANG_SAN, NOBODY] }).toPromise();
      expect(data).toEqual({ users: [zhangSan, null] });
      expect((await client.query(USER, { key: NOBODY }).toPromise()).data).toEqual({ user: null });
    }
    expect(requests()).toBe(2);
  });

  it('shows users beside an error, and stores the users, and no null for the entry that failed', async () => {
    const { client, requests } = await run();
    for (let n = 1; n <= 2; n++) {
      const { data, error } = await client.query(USERS, { keys: [ZHANG_SAN, MALFORMED] }).toPromise();
      expect(data).toEqual({ users: [zhangSan, null] });
      expect(error?.graphQLErrors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
      expect(requests()).toBe(n);
    }
    expect((await client.query(USER, { key: ZHANG_SAN }).toPromise()).data).toEqual({ user: zhangSan });
    expect(requests()).toBe(2);
  });
});

describe('docs/client-caching.md with Relay', () => {
  type Artifact = Parameters<typeof relay.fetchQuery>[1];

  /** The queries, compiled by Relay's own compiler against the schema that is committed. Without `id`, which it adds. */
  async function compiled(): Promise<{ users: Artifact; user: Artifact }> {
    const folder = folderWithClients();
    for (const name of ['src', 'out']) mkdirSync(join(folder, name));
    const named = (query: string, name: string) => query.replace(/query \w+/, `query ${name}`).replace(/\bid\b/, '');
    const documents = [named(USERS, 'peopleUsersQuery'), named(USER, 'peopleUserQuery')];
    writeFileSync(join(folder, 'src', 'people.js'), documents.map((text) => `graphql\`${text}\`;`).join('\n'));
    writeFileSync(join(folder, 'schema.graphql'), readPage('schema.graphql'));
    const config = { src: './src', schema: './schema.graphql', language: 'javascript', artifactDirectory: './out' };
    writeFileSync(join(folder, 'relay.config.json'), JSON.stringify({ ...config, eagerEsModules: true }));
    execFileSync(join(import.meta.dirname, 'node_modules', '.bin', 'relay-compiler'), ['relay.config.json'], {
      cwd: folder,
    });
    const load = async (name: string) => {
      const file = join(folder, 'out', `${name}.graphql.js`);
      expect(readFileSync(file, 'utf8')).toMatch(/"text": "[^"]*\bid\\n/);
      return ((await import(pathToFileURL(file).href)) as { default: Artifact }).default;
    };
    return { users: await load('peopleUsersQuery'), user: await load('peopleUserQuery') };
  }

  async function run() {
    const { environment, requests } = await runSection<{ environment: relay.Environment }>('Relay');
    const { users, user } = await compiled();
    const query = (artifact: Artifact, variables: Record<string, unknown>) =>
      relay.fetchQuery(environment, artifact, variables, { fetchPolicy: 'store-or-network' }).toPromise();
    return { environment, requests, query, users, user };
  }

  it('stores a user once, under its id, and answers user(key) from a list without a request', async () => {
    const { environment, requests, query, users, user } = await run();
    await query(users, { keys: [ZHANG_SAN, LI_SI] });
    expect(await query(user, { key: LI_SI })).toEqual({ user: liSi });
    expect(requests()).toBe(1);
    expect(Object.keys(environment.getStore().getSource().toJSON())).toEqual(['client:root', ZHANG_SAN, LI_SI]);
  });

  it('stores null for a user who does not exist', async () => {
    const { requests, query, users, user } = await run();
    for (let n = 0; n < 2; n++) {
      expect(await query(users, { keys: [ZHANG_SAN, NOBODY] })).toEqual({ users: [zhangSan, null] });
      expect(await query(user, { key: NOBODY })).toEqual({ user: null });
    }
    expect(requests()).toBe(2);
  });

  it('throws the errors of a response, and stores nothing of it', async () => {
    const { requests, query, users } = await run();
    for (let n = 1; n <= 2; n++) {
      await expect(query(users, { keys: [ZHANG_SAN, MALFORMED] })).rejects.toMatchObject({
        errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
      });
      expect(requests()).toBe(n);
    }
  });
});
