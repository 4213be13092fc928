/**
 * Hive Gateway with the user API as a JSON-schema source (hive/mesh.config.mjs). Its batching directive, `@resolveTo` with
 * `keysArg`, takes keys from the fields of a parent, and a root field has none: so the same batching is written as a resolver,
 * with the `key`, `argsFromKeys` and `valuesFromResults` of its documentation. The token is fetched once, when it starts.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { Kind } from 'graphql';
import { typeDefs, User } from './schema.mjs';

/** @typedef {import('../plain/user-api.mjs').Row} Row */

const MAX_IDENTIFIERS_PER_CALL = 100;
/** What to ask the source for, by what was asked of a person. */
const SOURCES = {
  key: 'user_key',
  outId: 'out_id',
  username: 'username',
  email: 'email',
  name: 'name { default zh_cn en_us } name_cn name_en',
  nameCn: 'name_cn',
  nameEn: 'name_en',
  avatarUrl: 'avatar_url',
  status: 'status',
  statusText: 'status',
};

const { PORT = '0', LARK_BASE_URL = '', LARK_PLUGIN_ID = '', LARK_PLUGIN_SECRET = '' } = process.env;

const response = await fetch(`${LARK_BASE_URL}/open_api/authen/plugin_token`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ plugin_id: LARK_PLUGIN_ID, plugin_secret: LARK_PLUGIN_SECRET, type: 0 }),
});
process.env.LARK_PLUGIN_TOKEN = (await response.json()).data.token;

const find = {
  byKey: batched('rowsByKey', 'user_keys', 'user_key', (row) => row.user_key),
  byOutId: batched('rowsByOutId', 'out_ids', 'out_id', (row) => row.out_id),
  byEmail: batched('rowsByEmail', 'emails', 'email', (row) => row.email.toLowerCase()),
};

const runtime = createGatewayRuntime({
  supergraph: readFileSync(new URL('hive/supergraph.graphql', import.meta.url), 'utf8'),
  additionalTypeDefs: typeDefs.replace('type Query', 'extend type Query'),
  additionalResolvers: {
    Query: {
      user: (root, { key }, context, info) => find.byKey({ root, context, info, key }),
      usersByOutId: (root, { outIds }, context, info) => find.byOutId({ root, context, info, key: outIds }),
      usersByEmail: (root, { emails, tenantKey }, context, info) => {
        const keys = emails.map((/** @type {string} */ email) => email.toLowerCase());
        return find.byEmail({ root, context, info, key: keys }, tenantKey ? { tenant_key: tenantKey } : {});
      },
    },
    User,
  },
  landingPage: false,
  graphiql: false,
  logging: 'error',
});

const server = createServer((request, reply) => void runtime(request, reply));
server.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`Hive Gateway: http://127.0.0.1:${address?.port}/graphql\n`);
});

/**
 * Of look-ups by e-mail in one operation the first one's tenant counts for all: nobody here asks for two.
 *
 * @param {string} field of the source
 * @param {'user_keys' | 'out_ids' | 'emails'} kind
 * @param {string} identifier the field of a row which has to be there to tell whose it is
 * @param {(row: Row) => string} identifierOf
 */
function batched(field, kind, identifier, identifierOf) {
  /** @param {Record<string, any>} asked @param {Record<string, string>} [more] */
  return (asked, more = {}) =>
    asked.context.UserApi.Query[field]({
      ...asked,
      argsFromKeys: (/** @type {string[]} */ keys) => ({ input: { [kind]: keys, ...more } }),
      selectionSet: `{ data { ${identifier} ${sourcesOf(asked.info)} } }`,
      valuesFromResults: (/** @type {{ data: Row[] }} */ { data }, /** @type {string[]} */ keys) => {
        const found = new Map(data.map((row) => [identifierOf(row), row]));
        return keys.map((key) => found.get(key) ?? null);
      },
      dataLoaderOptions: { maxBatchSize: MAX_IDENTIFIERS_PER_CALL },
    });
}

/** @param {import('graphql').GraphQLResolveInfo} info */
function sourcesOf({ fieldNodes }) {
  const selections = fieldNodes.flatMap(({ selectionSet }) => selectionSet?.selections ?? []);
  const names = selections.map((selection) => (selection.kind === Kind.FIELD ? selection.name.value : 'fragment'));
  const isPlain = names.every((name) => Object.hasOwn(SOURCES, name));
  const wanted = isPlain ? names : Object.keys(SOURCES);
  return wanted.map((name) => SOURCES[/** @type {keyof typeof SOURCES} */ (name)]).join(' ');
}
