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
    "fragment UserCard on User {\n  key\n  outId\n  email\n  name\n  nameCn\n  nameEn\n  avatarUrl\n  status\n}\n\nquery User($key: ID!) {\n  user(key: $key) {\n    ...UserCard\n  }\n}\n\nquery UserStatus($key: ID!) {\n  user(key: $key) {\n    status\n    statusText\n  }\n}\n\nquery UserNames($key: ID!) {\n  user(key: $key) {\n    name\n    zh: name(locale: ZH_CN)\n    en: name(locale: EN_US)\n    nameCn\n    nameEn\n    username\n  }\n}\n\nquery Users($keys: [ID!]!) {\n  users(keys: $keys) {\n    key\n  }\n}\n\nquery UsersByEmail($emails: [String!]!, $tenantKey: ID) {\n  usersByEmail(emails: $emails, tenantKey: $tenantKey) {\n    key\n    email\n  }\n}\n\nquery UsersByOutId($outIds: [ID!]!) {\n  usersByOutId(outIds: $outIds) {\n    key\n    outId\n  }\n}": typeof types.UserCardFragmentDoc,
};
const documents: Documents = {
    "fragment UserCard on User {\n  key\n  outId\n  email\n  name\n  nameCn\n  nameEn\n  avatarUrl\n  status\n}\n\nquery User($key: ID!) {\n  user(key: $key) {\n    ...UserCard\n  }\n}\n\nquery UserStatus($key: ID!) {\n  user(key: $key) {\n    status\n    statusText\n  }\n}\n\nquery UserNames($key: ID!) {\n  user(key: $key) {\n    name\n    zh: name(locale: ZH_CN)\n    en: name(locale: EN_US)\n    nameCn\n    nameEn\n    username\n  }\n}\n\nquery Users($keys: [ID!]!) {\n  users(keys: $keys) {\n    key\n  }\n}\n\nquery UsersByEmail($emails: [String!]!, $tenantKey: ID) {\n  usersByEmail(emails: $emails, tenantKey: $tenantKey) {\n    key\n    email\n  }\n}\n\nquery UsersByOutId($outIds: [ID!]!) {\n  usersByOutId(outIds: $outIds) {\n    key\n    outId\n  }\n}": types.UserCardFragmentDoc,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "fragment UserCard on User {\n  key\n  outId\n  email\n  name\n  nameCn\n  nameEn\n  avatarUrl\n  status\n}\n\nquery User($key: ID!) {\n  user(key: $key) {\n    ...UserCard\n  }\n}\n\nquery UserStatus($key: ID!) {\n  user(key: $key) {\n    status\n    statusText\n  }\n}\n\nquery UserNames($key: ID!) {\n  user(key: $key) {\n    name\n    zh: name(locale: ZH_CN)\n    en: name(locale: EN_US)\n    nameCn\n    nameEn\n    username\n  }\n}\n\nquery Users($keys: [ID!]!) {\n  users(keys: $keys) {\n    key\n  }\n}\n\nquery UsersByEmail($emails: [String!]!, $tenantKey: ID) {\n  usersByEmail(emails: $emails, tenantKey: $tenantKey) {\n    key\n    email\n  }\n}\n\nquery UsersByOutId($outIds: [ID!]!) {\n  usersByOutId(outIds: $outIds) {\n    key\n    outId\n  }\n}"): typeof import('./graphql.ts').UserCardFragmentDoc;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
