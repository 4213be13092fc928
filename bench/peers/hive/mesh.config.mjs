/**
 * The user API as a JSON-schema source, composed into supergraph.graphql:
 *
 *   cd bench/peers/hive && npx mesh-compose -c mesh.config.mjs -o supergraph.graphql
 */
import { defineConfig } from '@graphql-mesh/compose-cli';
import { loadJSONSchemaSubgraph } from '@omnigraph/json-schema';

const text = { type: 'string' };
const texts = { type: 'array', items: text };

const row = {
  title: 'Row',
  type: 'object',
  properties: {
    user_key: text,
    out_id: text,
    username: text,
    email: text,
    name_cn: text,
    name_en: text,
    avatar_url: text,
    status: text,
    name: { title: 'RowName', type: 'object', properties: { default: text, zh_cn: text, en_us: text } },
  },
};

const question = {
  title: 'Question',
  type: 'object',
  properties: { user_keys: texts, out_ids: texts, emails: texts, tenant_key: text },
};

export const composeConfig = defineConfig({
  subgraphs: [
    {
      sourceHandler: loadJSONSchemaSubgraph('UserApi', {
        endpoint: '{env.LARK_BASE_URL}',
        operationHeaders: { 'content-type': 'application/json', 'x-plugin-token': '{env.LARK_PLUGIN_TOKEN}' },
        // One field for each kind of question: the gateway puts together what one field is asked for.
        operations: ['rowsByKey', 'rowsByOutId', 'rowsByEmail'].map((field) => ({
          type: 'Query',
          field,
          path: '/open_api/user/query',
          method: 'POST',
          requestSchema: question,
          responseSchema: {
            title: 'Rows',
            type: 'object',
            properties: { err_code: { type: 'integer' }, data: { type: 'array', items: row } },
          },
        })),
      }),
    },
  ],
});
