/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "query People($keys: [ID!]!, $emails: [String!]!, $outIds: [ID!]!) {\n  users(keys: $keys) {\n    ...UserCard\n  }\n  usersByEmail(emails: $emails) {\n    ...UserCard\n  }\n  usersByOutId(outIds: $outIds) {\n    ...UserCard\n  }\n}": typeof types.PeopleDocument,
    "fragment UserCard on User {\n  key\n  email\n  nameCn\n  nameEn\n  avatarUrl\n  status\n}": typeof types.UserCardFragmentDoc,
    "query UsersByEmail($emails: [String!]!, $tenantKey: ID) {\n  usersByEmail(emails: $emails, tenantKey: $tenantKey) {\n    ...UserCard\n  }\n}": typeof types.UsersByEmailDocument,
    "query UsersByKey($keys: [ID!]!) {\n  users(keys: $keys) {\n    ...UserCard\n  }\n}": typeof types.UsersByKeyDocument,
    "query UsersByOutId($outIds: [ID!]!) {\n  usersByOutId(outIds: $outIds) {\n    ...UserCard\n  }\n}": typeof types.UsersByOutIdDocument,
};
const documents: Documents = {
    "query People($keys: [ID!]!, $emails: [String!]!, $outIds: [ID!]!) {\n  users(keys: $keys) {\n    ...UserCard\n  }\n  usersByEmail(emails: $emails) {\n    ...UserCard\n  }\n  usersByOutId(outIds: $outIds) {\n    ...UserCard\n  }\n}": types.PeopleDocument,
    "fragment UserCard on User {\n  key\n  email\n  nameCn\n  nameEn\n  avatarUrl\n  status\n}": types.UserCardFragmentDoc,
    "query UsersByEmail($emails: [String!]!, $tenantKey: ID) {\n  usersByEmail(emails: $emails, tenantKey: $tenantKey) {\n    ...UserCard\n  }\n}": types.UsersByEmailDocument,
    "query UsersByKey($keys: [ID!]!) {\n  users(keys: $keys) {\n    ...UserCard\n  }\n}": types.UsersByKeyDocument,
    "query UsersByOutId($outIds: [ID!]!) {\n  usersByOutId(outIds: $outIds) {\n    ...UserCard\n  }\n}": types.UsersByOutIdDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query People($keys: [ID!]!, $emails: [String!]!, $outIds: [ID!]!) {\n  users(keys: $keys) {\n    ...UserCard\n  }\n  usersByEmail(emails: $emails) {\n    ...UserCard\n  }\n  usersByOutId(outIds: $outIds) {\n    ...UserCard\n  }\n}"): typeof import('./graphql.ts').PeopleDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "fragment UserCard on User {\n  key\n  email\n  nameCn\n  nameEn\n  avatarUrl\n  status\n}"): typeof import('./graphql.ts').UserCardFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query UsersByEmail($emails: [String!]!, $tenantKey: ID) {\n  usersByEmail(emails: $emails, tenantKey: $tenantKey) {\n    ...UserCard\n  }\n}"): typeof import('./graphql.ts').UsersByEmailDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query UsersByKey($keys: [ID!]!) {\n  users(keys: $keys) {\n    ...UserCard\n  }\n}"): typeof import('./graphql.ts').UsersByKeyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query UsersByOutId($outIds: [ID!]!) {\n  usersByOutId(outIds: $outIds) {\n    ...UserCard\n  }\n}"): typeof import('./graphql.ts').UsersByOutIdDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
