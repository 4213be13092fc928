import DataLoader from 'dataloader';
import type { LookupKind } from '../lookup-kinds.ts';
import type { LarkUser } from '../upstream/lark-user.ts';
import type { Directory } from './directory.ts';
import { normalize } from './identifiers.ts';
import type { RequestContext } from './lookup.ts';

export type UserLoader = DataLoader<string, LarkUser | null, string>;

/** The DataLoaders of one GraphQL request, made anew for each: the lookups of a tick go to the directory together, without duplicates. */
export interface UserLoaders {
  /** @param tenantKey counts with e-mails only: a loader for each tenant, since a call searches one. @default the plugin's own */
  of(kind: LookupKind, tenantKey?: string): UserLoader;
}

export function createUserLoaders(directory: Directory, request: RequestContext): UserLoaders {
  const loaders = new Map<string, UserLoader>();
  return {
    of(kind, tenantKey) {
      // An empty tenant is bad input, not the plugin's own.
      const name = tenantKey === undefined ? kind : `${kind} ${tenantKey}`;
      let loader = loaders.get(name);
      if (!loader) {
        loader = createLoader(kind, tenantKey);
        loaders.set(name, loader);
      }
      return loader;
    },
  };

  function createLoader(kind: LookupKind, tenantKey: string | undefined): UserLoader {
    return new DataLoader<string, LarkUser | null, string>(
      async (identifiers) => directory.find({ kind, identifiers, tenantKey, request }),
      { cacheKeyFn: (identifier) => normalize(kind, identifier), name: kind },
    );
  }
}
