/**
 * Apollo Server, standalone, with a DataLoader per request as its documentation advises: those of the plain stack.
 * NODE_ENV=production, which the benchmarks set, switches off introspection and stack traces.
 */
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { createLoaders } from '../plain/loaders.mjs';
import { createUserApi } from '../plain/user-api.mjs';
import { typeDefs, User } from './schema.mjs';

const { PORT = '0', LARK_BASE_URL = '', LARK_PLUGIN_ID = '', LARK_PLUGIN_SECRET = '' } = process.env;

const userApi = createUserApi({ baseUrl: LARK_BASE_URL, pluginId: LARK_PLUGIN_ID, pluginSecret: LARK_PLUGIN_SECRET });

/** @typedef {{ users: import('../plain/loaders.mjs').Loaders }} Context */

/** @type {ApolloServer<Context>} */
const server = new ApolloServer({
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
