import DataLoader from 'dataloader';

/**
 * @typedef {import('./user-api.mjs').Row} Row
 * @typedef {DataLoader<string, Row | null>} UserLoader
 * @typedef {{ byKey: UserLoader, byOutId: UserLoader, byEmail(tenantKey?: string | null): UserLoader }} Loaders
 */

const MAX_IDENTIFIERS_PER_CALL = 100;

/**
 * The loaders of one request.
 * @param {import('./user-api.mjs').UserApi} userApi
 * @returns {Loaders}
 */
export function createLoaders(userApi) {
  /** @type {Map<string | undefined, UserLoader>} */
  const byTenant = new Map();
  return {
    byKey: createLoader((keys) => userApi.queryUsers({ user_keys: keys }), 'user_key'),
    byOutId: createLoader((outIds) => userApi.queryUsers({ out_ids: outIds }), 'out_id'),
    byEmail(tenantKey) {
      const tenant = tenantKey ?? undefined;
      const ask = (/** @type {string[]} */ emails) =>
        userApi.queryUsers({ emails, ...(tenant && { tenant_key: tenant }) });
      const loader = byTenant.get(tenant) ?? createLoader(ask, 'email', (email) => email.toLowerCase());
      byTenant.set(tenant, loader);
      return loader;
    },
  };
}

/**
 * @param {(ids: string[]) => Promise<Row[]>} ask
 * @param {string} field the field of a row that holds what was asked for
 * @param {(id: string) => string} [normalise]
 * @returns {UserLoader}
 */
function createLoader(ask, field, normalise = (id) => id) {
  return new DataLoader(
    async (ids) => {
      const rows = await ask([...ids]);
      const byId = new Map(rows.map((row) => [normalise(row[field]), row]));
      return ids.map((id) => byId.get(normalise(id)) ?? null);
    },
    { maxBatchSize: MAX_IDENTIFIERS_PER_CALL },
  );
}
