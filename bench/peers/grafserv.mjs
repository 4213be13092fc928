/**
 * grafserv with Grafast plans. `loadOne` is its documentation's way to batches: steps with the same loader leave together, those
 * of other fields of the operation too. Lists are a `loadOne` for each of their identifiers.
 */
import { createServer } from 'node:http';
import { each, lambda, loadOne, makeGrafastSchema } from 'grafast';
import { grafserv } from 'grafserv/node';
import { nameOf, statusOf, typeDefs } from './schema.mjs';
import { createUsers } from './users.mjs';

const users = createUsers();

/** A loader is known by its identity: one of each kind. */
const byKey = { name: 'byKey', load: (/** @type {readonly string[]} */ keys) => users.byKey(keys) };
const byOutId = { name: 'byOutId', load: (/** @type {readonly string[]} */ outIds) => users.byOutId(outIds) };
const byEmail = {
  name: 'byEmail',
  load: async (/** @type {readonly (readonly [string, string | null | undefined])[]} */ specs) => {
    const tenantKeys = new Set(specs.map(([, tenantKey]) => tenantKey));
    const found = new Map();
    for (const tenantKey of tenantKeys) {
      const ofTenant = specs.filter((spec) => spec[1] === tenantKey);
      const rows = await users.byEmail(
        ofTenant.map(([email]) => email),
        tenantKey,
      );
      for (const [index, spec] of ofTenant.entries()) found.set(spec, rows[index]);
    }
    return specs.map((spec) => found.get(spec));
  },
};

const schema = makeGrafastSchema({
  typeDefs,
  objects: {
    Query: {
      plans: {
        user: (_, { $key }) => loadOne($key, byKey),
        usersByEmail: (_, { $emails, $tenantKey }) => each($emails, ($email) => loadOne([$email, $tenantKey], byEmail)),
        usersByOutId: (_, { $outIds }) => each($outIds, ($outId) => loadOne($outId, byOutId)),
      },
    },
    User: {
      plans: {
        key: ($row) => $row.get('user_key'),
        outId: ($row) => $row.get('out_id'),
        username: ($row) => $row.get('username'),
        email: ($row) => $row.get('email'),
        name: ($row, { $locale }) => lambda([$row, $locale], ([row, locale]) => nameOf(row, locale), true),
        nameCn: ($row) => $row.get('name_cn'),
        nameEn: ($row) => $row.get('name_en'),
        avatarUrl: ($row) => $row.get('avatar_url'),
        status: ($row) => lambda($row.get('status'), statusOf, true),
        statusText: ($row) => $row.get('status'),
      },
    },
  },
});

const server = createServer();
server.on('error', (error) => {
  throw error;
});
await grafserv({ schema, preset: { grafserv: { graphiql: false, graphqlOverGET: true } } }).addTo(server);
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`grafserv: http://127.0.0.1:${address?.port}/graphql\n`);
});
