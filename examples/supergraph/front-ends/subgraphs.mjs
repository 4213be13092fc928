import { COMMENT_SUBGRAPHS } from '../comments/service.mjs';

/** @typedef {{ name: string, url: string }} Subgraph */

/**
 * Where the subgraphs are: `USERS_URL` names `/graphql` of lark-user-gateway, `COMMENTS_URL` the service of comments.
 * @returns {Subgraph[]}
 */
export function subgraphs({ USERS_URL, COMMENTS_URL } = process.env) {
  if (!USERS_URL || !COMMENTS_URL) throw new Error('USERS_URL and COMMENTS_URL have to be set.');
  return [
    { name: 'users', url: USERS_URL },
    ...COMMENT_SUBGRAPHS.map((name) => ({ name, url: `${COMMENTS_URL}/${name}` })),
  ];
}

/**
 * What the front end itself asks with while it starts, where lark-user-gateway wants to know its callers: `USERS_AUTHORIZATION`.
 * @param {string} subgraph
 * @returns {Record<string, string>}
 */
export function ownHeaders(subgraph, { USERS_AUTHORIZATION } = process.env) {
  return subgraph === 'users' && USERS_AUTHORIZATION ? { authorization: USERS_AUTHORIZATION } : {};
}
