/**
 * Mercurius on Fastify. Its documentation's way to batches are `loaders`: Mercurius gathers the `user` fields of a request and
 * hands them over together. Without the cache of loaders, which ends with the request and costs a serialization; with the
 * compiled execution of `jit`, which is off by default. With CACHE=on, mercurius-cache caches each root field by its arguments.
 */
import Fastify from 'fastify';
import mercurius from 'mercurius';
import cache from 'mercurius-cache';
import { CACHE_ENTRIES, CACHE_TTL_SECONDS, isCacheOn } from './cache-limits.mjs';
import { typeDefs, User } from './schema.mjs';
import { createUsers } from './users.mjs';

const users = createUsers();
const app = Fastify();

app.register(mercurius, {
  schema: typeDefs,
  jit: 1,
  resolvers: {
    Query: {
      usersByEmail: (_, { emails, tenantKey }) => users.byEmail(emails, tenantKey),
      usersByOutId: (_, { outIds }) => users.byOutId(outIds),
    },
    User,
  },
  loaders: {
    Query: {
      user: {
        loader: (/** @type {{ params: { key: string } }[]} */ queries) =>
          users.byKey(queries.map(({ params }) => params.key)),
        opts: { cache: false },
      },
    },
  },
});

if (isCacheOn) {
  app.register(cache, {
    ttl: CACHE_TTL_SECONDS,
    // Entries of each root field.
    storage: { type: 'memory', options: { size: CACHE_ENTRIES } },
    policy: { Query: { user: true, usersByEmail: true, usersByOutId: true } },
  });
}

const address = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0) });
process.stdout.write(`Mercurius: ${address}/graphql\n`);
