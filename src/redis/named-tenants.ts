import type { RedisConnection } from './connection.ts';
import type { Encryption } from './encryption.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { KeyNames } from './key-names.ts';
import { NAME_TENANT, runScript, TENANTS_MARK } from './scripts.ts';

/**
 * The tenants of the users in Redis. A user to be forgotten may have an entry for each of them, and the list is the only record of them.
 * It is lost as a whole or not at all, and with it all entries of tenants, whose names contain its mark.
 */
export interface NamedTenants {
  /** Part of the name of each entry of a tenant: a new one where the list was lost. `undefined` before the first reply. */
  mark(): string | undefined;
  /** Call before a user is written for a tenant. @throws Error where Redis is away, or has just lost the list. */
  add(tenantKey: string): Promise<void>;
  /** All of them, encrypted with this secret. @throws Error where Redis is away, or has just lost the list. */
  all(): Promise<readonly string[]>;
}

export interface NamedTenantsOptions {
  connection: RedisConnection;
  keys: Pick<KeyNames, 'tenants'>;
  encryptedEntry: Encryption;
  heartbeat: Heartbeat;
  /** How long users are kept, in milliseconds. */
  keepMs: number;
}

export function createNamedTenants(options: NamedTenantsOptions): NamedTenants {
  const { connection, keys, encryptedEntry, heartbeat, keepMs } = options;
  const entry = encryptedEntry('tenants');
  const mark = heartbeat.tenantsMark;
  let added = { mark: mark(), tenants: new Set<string>() };

  return {
    mark,
    async add(tenantKey) {
      if (added.mark !== mark()) added = { mark: mark(), tenants: new Set() };
      const { tenants } = added;
      if (tenants.has(tenantKey)) return;
      const { name } = encryptedEntry(`tenant\n${tenantKey}`);
      const encrypted = entry.encrypt(Buffer.from(tenantKey));
      const kept = await connection.run('cache-write', (client) =>
        runScript(client, NAME_TENANT, [keys.tenants], [name, encrypted, Math.ceil(keepMs)]),
      );
      check(kept);
      tenants.add(tenantKey);
    },
    async all() {
      const kept = await connection.run('forget', (client) => client.hgetallBuffer(keys.tenants));
      check(kept[TENANTS_MARK]?.toString());
      return Object.values(kept).flatMap((encrypted) => entry.decrypt(encrypted)?.toString() ?? []);
    },
  };

  function check(current: unknown): void {
    if (typeof current !== 'string' || current !== mark())
      throw new Error(
        'Expected the list of tenants, got another one: Redis has lost it. The next heartbeat updates it.',
      );
  }
}
