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
  /** @param tenantKey counts with e-mails only: one loader a tenant, since a call searches one. @default the plugin's own */
  of(kind: LookupKind, tenantKey?: string): UserLoader;
}

/**
 * Made anew for each GraphQL request, since what a loader has answered it answers again as long as it lives.
 */
export function createUserLoaders(directory: Directory, ticket: Ticket): UserLoaders {
  const loaders = new Map<string, UserLoader>();
  return {
    of(kind, tenantKey) {
      // An empty tenant is a mistake of its own, and not the plugin's.
      const name = tenantKey === undefined ? kind : `${kind} ${tenantKey}`;
      const known = loaders.get(name);
      if (known) return known;
      const made = createLoader(kind, tenantKey);
      loaders.set(name, made);
      return made;
    },
  };

  function createLoader(kind: LookupKind, tenantKey: string | undefined): UserLoader {
    return new DataLoader<string, Person | null, string>(
      async (identifiers) => directory.find({ kind, identifiers, tenantKey, ticket }),
      {
        cacheKeyFn: (identifier) => comparable(kind, identifier),
        name: kind,
      },
    );
  }
}
