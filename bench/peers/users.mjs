import { createUserApi } from '../plain/user-api.mjs';

/** @typedef {import('../plain/user-api.mjs').Row} Row */

const MAX_IDENTIFIERS_PER_CALL = 100;

/**
 * The batch functions that a loader wants: people in the order in which they are asked for, `null` for nobody. For servers
 * that gather identifiers themselves; POSTs of up to 100 leave at once.
 */
export function createUsers({ LARK_BASE_URL = '', LARK_PLUGIN_ID = '', LARK_PLUGIN_SECRET = '' } = process.env) {
  const userApi = createUserApi({ baseUrl: LARK_BASE_URL, pluginId: LARK_PLUGIN_ID, pluginSecret: LARK_PLUGIN_SECRET });

  /**
   * @param {readonly string[]} identifiers
   * @param {'user_keys' | 'out_ids' | 'emails'} kind
   * @param {(row: Row) => string} identifierOf
   * @param {{ tenant_key?: string }} [more]
   */
  const find = async (identifiers, kind, identifierOf, more) => {
    const parts = [];
    for (let from = 0; from < identifiers.length; from += MAX_IDENTIFIERS_PER_CALL) {
      parts.push(identifiers.slice(from, from + MAX_IDENTIFIERS_PER_CALL));
    }
    const rows = await Promise.all(parts.map((part) => userApi.queryUsers({ [kind]: part, ...more })));
    return new Map(rows.flat().map((row) => [identifierOf(row), row]));
  };

  return {
    /** @param {readonly string[]} keys @returns {Promise<(Row | null)[]>} */
    async byKey(keys) {
      const found = await find(keys, 'user_keys', (row) => row.user_key);
      return keys.map((key) => found.get(key) ?? null);
    },
    /** @param {readonly string[]} outIds @returns {Promise<(Row | null)[]>} */
    async byOutId(outIds) {
      const found = await find(outIds, 'out_ids', (row) => row.out_id);
      return outIds.map((outId) => found.get(outId) ?? null);
    },
    /** @param {readonly string[]} emails @param {string | null} [tenantKey] @returns {Promise<(Row | null)[]>} */
    async byEmail(emails, tenantKey) {
      const more = tenantKey ? { tenant_key: tenantKey } : {};
      const found = await find(emails, 'emails', (row) => row.email.toLowerCase(), more);
      return emails.map((email) => found.get(email.toLowerCase()) ?? null);
    },
  };
}
