/** What `plain/schema.mjs` builds in code, as text: for servers that take their schema so. */
export const typeDefs = /* GraphQL */ `
  enum UserStatus {
    ACTIVATED
    FROZEN
    RESIGNED
    UNKNOWN
  }

  enum UserNameLocale {
    ZH_CN
    EN_US
  }

  type User {
    key: ID!
    outId: ID
    username: String
    email: String
    name(locale: UserNameLocale): String
    nameCn: String
    nameEn: String
    avatarUrl: String
    status: UserStatus!
    statusText: String
  }

  type Query {
    user(key: ID!): User
    usersByEmail(emails: [String!]!, tenantKey: ID): [User]!
    usersByOutId(outIds: [ID!]!): [User]!
  }
`;

/** @typedef {import('../plain/user-api.mjs').Row} Row */

const LOCALES = { ZH_CN: 'zh_cn', EN_US: 'en_us' };

/** The fields of a person that are not a field of the row as it is. */
export const User = {
  key: (/** @type {Row} */ row) => row.user_key,
  outId: (/** @type {Row} */ row) => row.out_id || null,
  username: (/** @type {Row} */ row) => row.username || null,
  email: (/** @type {Row} */ row) => row.email || null,
  name: (/** @type {Row} */ row, /** @type {{ locale?: keyof typeof LOCALES }} */ { locale }) => nameOf(row, locale),
  nameCn: (/** @type {Row} */ row) => row.name_cn || null,
  nameEn: (/** @type {Row} */ row) => row.name_en || null,
  avatarUrl: (/** @type {Row} */ row) => row.avatar_url || null,
  status: (/** @type {Row} */ row) => statusOf(row.status),
  statusText: (/** @type {Row} */ row) => row.status || null,
};

/** @param {Row} row @param {keyof typeof LOCALES | null} [locale] */
export function nameOf(row, locale) {
  return row.name?.[locale ? LOCALES[locale] : 'default'] || row.name_cn || row.name_en || null;
}

/** @param {string} status */
export function statusOf(status) {
  return ['activated', 'frozen', 'resigned'].includes(status) ? status.toUpperCase() : 'UNKNOWN';
}
