/**
 * The second service: comments, who reviews them and who takes care of them. It knows people by a user key, an e-mail address or
 * an out id only, and hands over just that. Three subgraphs of one process: each way to know a person needs a `User` of its own.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { createYoga } from 'graphql-yoga';

/** @typedef {import('./sample.mjs').Comment} Comment */

export const COMMENT_SUBGRAPHS = ['comments', 'reviews', 'assignments'];

/** @param {string} subgraph @param {'federation' | 'stitching'} form */
export const sdlOf = (subgraph, form) =>
  readFileSync(new URL(`./sdl/${subgraph}.${form}.graphql`, import.meta.url), 'utf8');

/** What a subgraph answers beside its own fields: to Federation `_service` and `_entities`, to stitching `_sdl`. */
const MACHINERY = `
  scalar _Any
  union _Entity = Comment
  type _Service { sdl: String! }
  extend type Query {
    _service: _Service!
    _entities(representations: [_Any!]!): [_Entity]!
    _sdl: String!
  }`;

/**
 * Serves the three subgraphs at `/comments`, `/reviews` and `/assignments`.
 * @param {() => readonly Comment[]} comments asked for anew with each request
 * @param {number} [port]
 */
export async function startComments(comments, port = 0) {
  const yogas = new Map(COMMENT_SUBGRAPHS.map((name) => [`/${name}`, serve(name, comments)]));
  const server = createServer((request, response) => {
    const yoga = yogas.get(request.url ?? '');
    if (yoga) void yoga(request, response);
    else response.writeHead(404).end();
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve(undefined));
  });
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    server,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** @param {string} name @param {() => readonly Comment[]} comments */
function serve(name, comments) {
  /** @param {string} id */
  const byId = (id) => comments().find((comment) => comment.id === id) ?? null;
  /** @param {unknown} _root @param {{ ids: string[] }} args */
  const byIds = (_root, { ids }) => ids.map(byId);
  const schema = makeExecutableSchema({
    typeDefs: [sdlOf(name, 'stitching'), MACHINERY],
    assumeValidSDL: true,
    resolverValidationOptions: { requireResolversToMatchSchema: 'ignore' },
    resolvers: {
      Query: {
        comments: (/** @type {unknown} */ _root, /** @type {{ first: number }} */ { first }) =>
          comments().slice(0, first),
        commentsById: byIds,
        reviewsById: byIds,
        assignmentsById: byIds,
        _service: () => ({ sdl: sdlOf(name, 'federation') }),
        _entities: (/** @type {unknown} */ _root, /** @type {{ representations: { id: string }[] }} */ asked) =>
          asked.representations.map(({ id }) => byId(id)),
        _sdl: () => sdlOf(name, 'stitching'),
      },
      Comment: {
        author: (/** @type {Comment} */ { authorKey }) => ({ key: authorKey }),
        reviewers: (/** @type {Comment} */ { reviewerEmails }) => reviewerEmails.map((email) => ({ email })),
        assignee: (/** @type {Comment} */ { assigneeOutId }) => assigneeOutId && { outId: assigneeOutId },
      },
      _Entity: { __resolveType: () => 'Comment' },
    },
  });
  return createYoga({ schema, graphqlEndpoint: `/${name}`, logging: 'error', landingPage: false });
}
