import DataLoader from 'dataloader';
import type { Person } from '../upstream/person.ts';
import type { LookupKind } from '../upstream/user-query.ts';
import type { Directory } from './directory.ts';
import { comparable } from './identifier.ts';
import type { Ticket } from './look-up.ts';

/** Look-ups of one kind, for one request. */
export type UserLoader = DataLoader<string, Person | null, string>;

/** The look-ups of one request: those of a tick leave together, and no identifier is asked for twice. */
export interface UserLoaders {
  readonly byKey: UserLoader;
  readonly byOutId: UserLoader;
  /** One loader a tenant, since a call searches one. `undefined` and `null` are the plugin's own. */
  byEmail(tenantKey?: string | null): UserLoader;
}

/**
 * Made anew for each GraphQL request, since what a loader has answered it answers again as long as it lives.
 */
export function createUserLoaders(directory: Directory, ticket: Ticket): UserLoaders {
  const byTenant = new Map<string | undefined, UserLoader>();
  return {
    byKey: loader('key'),
    byOutId: loader('outId'),
    byEmail(tenantKey) {
      const tenant = tenantKey ?? undefined;
      const known = byTenant.get(tenant);
      if (known) return known;
      const made = loader('email', tenant);
      byTenant.set(tenant, made);
      return made;
    },
  };

  function loader(kind: LookupKind, tenantKey?: string): UserLoader {
    return new DataLoader<string, Person | null, string>(
      (identifiers) => directory.lookup({ kind, identifiers, tenantKey, ticket }),
      {
        cacheKeyFn: (identifier) => comparable(kind, identifier),
        name: kind,
      },
    );
  }
}
