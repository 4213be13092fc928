/**
 * The plain stack: what a good tutorial builds in front of a user API that takes batches, and what the gateway is measured
 * against. graphql-yoga, a Pothos schema, one DataLoader per request, undici with a keep-alive pool without a limit on
 * connections; the token is fetched once and kept until it ends; a loader's batch leaves in POSTs of up to 100.
 *
 * It answers the same `user`, `users`, `usersByEmail` and `usersByOutId` as the gateway. What it lacks on purpose is what
 * tutorials lack: batches across requests, a cache beyond the request, a sense of the upstream's quota, retries.
 *
 *   PORT=4300 LARK_BASE_URL=http://127.0.0.1:4100 LARK_PLUGIN_ID=… LARK_PLUGIN_SECRET=… node bench/plain/server.mjs
 */
import { createServer } from 'node:http';
import { createYoga } from 'graphql-yoga';
import { createLoaders } from './loaders.mjs';
import { schema } from './schema.mjs';
import { createUserApi } from './user-api.mjs';

const { PORT = '0', LARK_BASE_URL = '', LARK_PLUGIN_ID = '', LARK_PLUGIN_SECRET = '' } = process.env;

const userApi = createUserApi({ baseUrl: LARK_BASE_URL, pluginId: LARK_PLUGIN_ID, pluginSecret: LARK_PLUGIN_SECRET });
const yoga = createYoga({ schema, context: () => ({ users: createLoaders(userApi) }) });
const server = createServer((request, response) => void yoga(request, response));

server.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`Plain stack: http://127.0.0.1:${address?.port}/graphql\n`);
});
