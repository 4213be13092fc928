import type { GatewayError } from '../errors.ts';
import type { Clock } from '../policies/clock.ts';
import type { LarkUser } from '../upstream/lark-user.ts';
import { createForgottenUsers } from './forgotten-users.ts';
import { parseUserIdentifier, type UserIdentifier } from './identifiers.ts';
import { type BatchKey, PLUGIN_IDENTITY } from './lookup.ts';
import { UserCache, type UserCacheOptions } from './user-cache.ts';

/** A second-level cache that replicas share, behind the cache of each process. For the plugin's identity only. */
export interface SharedUsers {
  /** How long users are kept there, in milliseconds. */
  readonly keptMs: number;
  /** Reads users; those of one turn of the event loop together. Never rejects: what cannot be read in time is absent. */
  find(batchKey: BatchKey, ids: readonly string[]): Promise<ReadonlyMap<string, SharedUser>>;
  /** Writes what a call returned, sooner or later. @param fetchedAt when the call left. */
  set(batchKey: BatchKey, id: string, user: LarkUser | null, fetchedAt: number): void;
}

export interface SharedUser {
  readonly user: LarkUser | null;
  /** When the call left that returned it, on the clock of this process. */
  readonly fetchedAt: number;
}

export interface Forgotten {
  /** All identifiers of the user, the given ones included: all other caches have to remove these. */
  readonly names: readonly UserIdentifier[];
  /** How many users, "not found" and invalid identifiers were removed. It does not show which. */
  readonly entries: number;
}

/** All that is cached of users, in this process and in the shared cache; never what was fetched before its user was forgotten. */
export class UserStore {
  /** Of this process. */
  readonly cache: UserCache;
  /** True where there is a shared cache. */
  readonly isShared: boolean;
  readonly #shared: SharedUsers | undefined;
  readonly #forgotten: ReturnType<typeof createForgottenUsers>;

  constructor(options: UserCacheOptions, shared: SharedUsers | undefined, clock: Clock) {
    this.cache = new UserCache(options, clock);
    this.isShared = shared !== undefined;
    this.#shared = shared;
    this.#forgotten = createForgottenUsers(clock, shared?.keptMs);
  }

  /** Reads these from the shared cache into that of this process. Never rejects. */
  async readShared(batchKey: BatchKey, ids: readonly string[]): Promise<void> {
    const found = await this.#shared?.find(batchKey, ids);
    for (const [id, { user, fetchedAt }] of found ?? []) {
      if (!this.#forgotten.has(batchKey, id, user, fetchedAt)) this.cache.set(batchKey, id, user, fetchedAt);
    }
  }

  set(batchKey: BatchKey, id: string, user: LarkUser | null, fetchedAt: number): void {
    if (this.#forgotten.has(batchKey, id, user, fetchedAt)) return;
    this.cache.set(batchKey, id, user, fetchedAt);
    // What a caller's own token may see is not shared.
    if (batchKey.identity === PLUGIN_IDENTITY) this.#shared?.set(batchKey, id, user, fetchedAt);
  }

  /** @param sentAt when the call left. */
  setInvalid(batchKey: BatchKey, id: string, error: GatewayError, sentAt: number): void {
    if (!this.#forgotten.has(batchKey, id, null, sentAt)) this.cache.setInvalid(batchKey, id, error);
  }

  /** @throws GatewayError BAD_USER_INPUT where an identifier is malformed. */
  forget(given: readonly UserIdentifier[]): Forgotten {
    const { identifiers, removed } = this.cache.forget(this.#forgotten.withEarlier(given.map(parseUserIdentifier)));
    this.#forgotten.add(identifiers);
    return { names: identifiers, entries: removed };
  }

  forgetAll(): void {
    this.cache.clear();
    this.#forgotten.addAll();
  }
}
