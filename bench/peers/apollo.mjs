/**
 * Apollo Server, standalone, with a DataLoader per request as its documentation advises: those of the plain stack.
 * NODE_ENV=production, which the benchmarks set, switches off introspection and stack traces. With CACHE=on, the response cache
 * plugin caches whole responses, by document and variables.
 */
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginCacheControl } from '@apollo/server/plugin/cacheControl';
import { startStandaloneServer } from '@apollo/server/standalone';
import responseCachePlugin from '@apollo/server-plugin-response-cache';
import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import { createLoaders } from '../plain/loaders.mjs';
import { createUserApi } from '../plain/user-api.mjs';
import { CACHE_ENTRIES, CACHE_TTL_SECONDS, isCacheOn } from './cache-limits.mjs';
import { typeDefs, User } from './schema.mjs';

const { PORT = '0', LARK_BASE_URL = '', LARK_PLUGIN_ID = '', LARK_PLUGIN_SECRET = '' } = process.env;

const userApi = createUserApi({ baseUrl: LARK_BASE_URL, pluginId: LARK_PLUGIN_ID, pluginSecret: LARK_PLUGIN_SECRET });

/** @typedef {{ users: import('../plain/loaders.mjs').Loaders }} Context */

const caching = {
  // Its own bound of 30 MiB counts too.
  cache: new InMemoryLRUCache({ max: CACHE_ENTRIES }),
  plugins: [ApolloServerPluginCacheControl({ defaultMaxAge: CACHE_TTL_SECONDS }), responseCachePlugin()],
};

/** @type {ApolloServer<Context>} */
const server = new ApolloServer({
  ...(isCacheOn && caching),
  typeDefs,
  resolvers: {
    Query: {
      user: (_, { key }, { users }) => users.byKey.load(key),
      usersByEmail: (_, { emails, tenantKey }, { users }) => users.byEmail(tenantKey).loadMany(emails),
      usersByOutId: (_, { outIds }, { users }) => users.byOutId.loadMany(outIds),
    },
    User,
  },
});

const { url } = await startStandaloneServer(server, {
  listen: { host: '127.0.0.1', port: Number(PORT) },
  context: async () => ({ users: createLoaders(userApi) }),
});
process.stdout.write(`Apollo Server: ${url}\n`);
