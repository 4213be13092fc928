import type { RedisConnection } from './connection.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { KeyNames } from './key-names.ts';
import { NAME_TENANT, runScript, TENANTS_MARK } from './scripts.ts';
import type { Seal } from './seal.ts';

/**
 * The tenants that were named for whoever is kept in Redis: whoever is to be forgotten may be kept for each of them, and nothing else
 * tells which these are. The list is lost as a whole, or not at all; and with it goes what was kept, since that is named after it.
 */
export interface NamedTenants {
  /** Part of the name of all that is kept for a tenant: another one where the list was lost. `undefined` before the first answer. */
  mark(): string | undefined;
  /** To be called before somebody is kept for a tenant. @throws Error where Redis is away, or has lost the list just now. */
  add(tenantKey: string): Promise<void>;
  /** All of them, sealed with this secret. @throws Error where Redis is away, or has lost the list just now. */
  all(): Promise<readonly string[]>;
}

export interface NamedTenantsOptions {
  connection: RedisConnection;
  keys: Pick<KeyNames, 'tenants'>;
  seal: Seal;
  heartbeat: Heartbeat;
  /** How long people are kept, in milliseconds. */
  keepMs: number;
}

export function createNamedTenants(options: NamedTenantsOptions): NamedTenants {
  const { connection, keys, seal, heartbeat, keepMs } = options;
  const entry = seal('tenants');
  const mark = heartbeat.tenantsMark;
  let added = { mark: mark(), tenants: new Set<string>() };

  return {
    mark,
    async add(tenantKey) {
      if (added.mark !== mark()) added = { mark: mark(), tenants: new Set() };
      const { tenants } = added;
      if (tenants.has(tenantKey)) return;
      const { name } = seal(`tenant\n${tenantKey}`);
      const sealed = entry.seal(Buffer.from(tenantKey));
      const kept = await connection.run('cache-write', (client) =>
        runScript(client, NAME_TENANT, [keys.tenants], [name, sealed, Math.ceil(keepMs)]),
      );
      check(kept);
      tenants.add(tenantKey);
    },
    async all() {
      const kept = await connection.run('forget', (client) => client.hgetallBuffer(keys.tenants));
      check(kept[TENANTS_MARK]?.toString());
      return Object.values(kept).flatMap((sealed) => entry.open(sealed)?.toString() ?? []);
    },
  };

  function check(told: unknown): void {
    if (typeof told !== 'string' || told !== mark())
      throw new Error('The list of tenants was lost: the next heartbeat knows of it.');
  }
}
