/**
 * The plain stack with Yoga's response cache, which caches whole responses by document and variables. The schema is text in place
 * of Pothos, since plugin and schema have to share one copy of graphql.
 */
import { createServer } from 'node:http';
import { createInMemoryCache, useResponseCache } from '@graphql-yoga/plugin-response-cache';
import { createSchema, createYoga } from 'graphql-yoga';
import { createLoaders } from '../plain/loaders.mjs';
import { createUserApi } from '../plain/user-api.mjs';
import { CACHE_ENTRIES, CACHE_TTL_SECONDS } from './cache-limits.mjs';
import { typeDefs, User } from './schema.mjs';

const { PORT = '0', LARK_BASE_URL = '', LARK_PLUGIN_ID = '', LARK_PLUGIN_SECRET = '' } = process.env;

const userApi = createUserApi({ baseUrl: LARK_BASE_URL, pluginId: LARK_PLUGIN_ID, pluginSecret: LARK_PLUGIN_SECRET });

/** @typedef {{ users: import('../plain/loaders.mjs').Loaders }} Context */

const yoga = createYoga({
  schema: /** @type {typeof createSchema<Context>} */ (createSchema)({
    typeDefs,
    resolvers: {
      Query: {
        user: (_, { key }, { users }) => users.byKey.load(key),
        usersByEmail: (_, { emails, tenantKey }, { users }) => users.byEmail(tenantKey).loadMany(emails),
        usersByOutId: (_, { outIds }, { users }) => users.byOutId.loadMany(outIds),
      },
      User,
    },
  }),
  context: () => ({ users: createLoaders(userApi) }),
  plugins: [
    useResponseCache({
      session: () => null,
      ttl: CACHE_TTL_SECONDS * 1000,
      cache: createInMemoryCache({ max: CACHE_ENTRIES }),
    }),
  ],
});
const server = createServer((request, response) => void yoga(request, response));
server.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`Yoga: http://127.0.0.1:${address?.port}/graphql\n`);
});
