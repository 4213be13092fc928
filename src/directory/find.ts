import { type ErrorCode, GatewayError } from '../errors.ts';
import type { GatewayEvent, Telemetry } from '../telemetry/events.ts';
import type { LookupKind } from '../upstream/user-query.ts';
import { mayServeStale } from './batch-call.ts';
import type { Batcher } from './batcher.ts';
import { normalize, tryToParse } from './identifiers.ts';
import {
  type BatchKey,
  createBatchKey,
  fill,
  type LookupResult,
  PendingList,
  type RequestContext,
  type Waiter,
} from './lookup.ts';

import type { UserStore } from './user-store.ts';

/**
 * Resolves one list of identifiers: from the cache, from lookups in flight, or by queueing some.
 * @param identifiers as clients wrote them, duplicates included.
 * @returns one result for each, in the order asked; a promise only where something has to be waited for.
 */
export type Find = (
  batchKey: BatchKey,
  identifiers: readonly string[],
  request: RequestContext,
) => LookupResult[] | Promise<LookupResult[]>;

/** How long to wait for the user API before a stale copy is shown, and how often that is checked. */
const STALE_AFTER_MS = 1_000;
const STALE_CHECK_MS = 100;

/** One list being resolved. */
interface Search {
  readonly batchKey: BatchKey;
  readonly request: RequestContext;
  readonly results: LookupResult[];
  /** Where an identifier repeats an earlier one of the list: index, and that of the first. */
  readonly duplicates: readonly (readonly [number, number])[];
  readonly cacheHits: number;
}

const NONE: readonly never[] = [];

export function createFind(store: UserStore, batcher: Batcher, telemetry: Telemetry): Find {
  return function find(batchKey, identifiers, request) {
    const { kind } = batchKey;
    const count = identifiers.length;
    const results = identifiers.map((): LookupResult => null);
    const firstIndex = count > 1 ? new Map<string, number>() : undefined;
    let duplicates: [number, number][] | undefined;
    let list: PendingList | undefined;
    let cacheHits = 0;
    for (let index = 0; index < count; index++) {
      const raw = identifiers[index] as string;
      const spelling = tryToParse(kind, raw);
      const id = typeof spelling === 'string' ? normalize(kind, spelling) : malformedId(raw, index);
      const first = firstIndex?.get(id);
      if (first !== undefined) {
        duplicates ??= [];
        duplicates.push([index, first]);
        continue;
      }
      firstIndex?.set(id, index);
      if (typeof spelling !== 'string') {
        results[index] = spelling;
        continue;
      }
      const cached = fromCache(batchKey, id, request);
      if (cached !== undefined) {
        results[index] = cached;
        cacheHits++;
        continue;
      }
      list ??= new PendingList(request, results);
      list.add(index, id, spelling);
    }
    const search = { batchKey, request, results, duplicates: duplicates ?? NONE, cacheHits };
    if (list) return lookup(search, list);
    report(search, 0, 0, 0, 0);
    return finish(search, 0);
  };

  /** @returns `undefined` for an identifier that needs a lookup. */
  function fromCache(batchKey: BatchKey, id: string, request: RequestContext): LookupResult | undefined {
    // A caller's own token sees cached users only while the user API is known to accept it.
    const mayRead = !request.bypassCache && (!request.userToken || batcher.isAccepted(request.identity));
    const hit = mayRead ? store.get(batchKey, id) : undefined;
    if (hit === undefined) return store.invalidError(batchKey, id);
    if (hit.refreshUntil !== undefined && hit.user && !request.userToken) {
      // By key, whichever identifier made it hot: that renews all but the address, which only a lookup by e-mail can.
      const { kind, identity } = batchKey;
      if (kind === 'email') void refreshAhead(batchKey, id, hit.refreshUntil, request);
      else void refreshAhead(createBatchKey(identity, 'key'), hit.user.key, hit.refreshUntil, request);
    }
    return hit.user;
  }

  /** Unless another replica has just fetched it. */
  async function refreshAhead(batchKey: BatchKey, id: string, expiresAt: number, request: RequestContext) {
    if (store.isShared) await store.readShared(batchKey, [id]);
    // It may have been forgotten meanwhile.
    if (!store.getStale(batchKey, id) || store.isFreshAt(batchKey, id, expiresAt)) return;
    batcher.refreshAhead(batchKey, id, expiresAt, request);
  }

  function lookup(search: Search, list: PendingList): LookupResult[] | Promise<LookupResult[]> {
    const { batchKey, request } = search;
    const missing = batcher.join(batchKey, list.waiters, request);
    // No shared copy is new enough for a request that bypasses the cache, and what a caller's own token may see is not shared.
    const readsShared = store.isShared && missing.length > 0 && !request.bypassCache && !request.userToken;
    return readsShared ? lookupShared(search, list, missing) : queue(search, list, missing, 0);
  }

  async function lookupShared(search: Search, list: PendingList, missing: readonly Waiter[]): Promise<LookupResult[]> {
    const { batchKey, request, results } = search;
    request.watch(list);
    const ids = missing.map(({ id }) => id);
    await store.readShared(batchKey, ids);
    const unknown: Waiter[] = [];
    const found = new Set<Waiter>();
    for (const waiter of missing) {
      const cached = fromCache(batchKey, waiter.id, request);
      if (cached === undefined) {
        unknown.push(waiter);
        continue;
      }
      results[waiter.index] = cached;
      found.add(waiter);
    }
    if (found.size > 0) list.waiters = list.waiters.filter((waiter) => !found.has(waiter));
    // Other requests may have queued some of them meanwhile.
    return queue(search, list, batcher.join(batchKey, unknown, request), found.size);
  }

  /** @param sharedHits how many of the list the shared cache had. */
  function queue(
    search: Search,
    list: PendingList,
    missing: readonly Waiter[],
    sharedHits: number,
  ): LookupResult[] | Promise<LookupResult[]> {
    const { batchKey, request, results } = search;
    const joined = list.waiters.length - missing.length;
    const rejection = batcher.queue(batchKey, list, missing);
    if (rejection) for (const { index } of missing) results[index] = rejection;
    const queued = rejection ? 0 : missing.length;
    report(search, sharedHits, joined, queued, missing.length - queued);
    const fillStale = staleIfError(search, list);
    request.watch(list);
    if (list.missing === 0) return finish(search, fillStale?.() ?? 0);
    return new Promise<void>((resolve) => {
      list.onSettled = resolve;
    }).then(() => finish(search, fillStale?.() ?? 0));
  }

  /**
   * Shows stale copies in place of upstream failures, and of results that do not come. Not to a request that bypasses the cache, nor to
   * one with a token of its own: whether that may still see them is not known.
   * @returns to be called when the list is settled: replaces what failed, and returns how many are stale. `undefined` without stale copies.
   */
  function staleIfError({ batchKey, request, results }: Search, { waiters }: PendingList): (() => number) | undefined {
    if (request.bypassCache || request.userToken) return undefined;
    const stale = waiters.filter(({ id }) => store.getStale(batchKey, id));
    if (stale.length === 0 || batcher.isRefused(batchKey.identity)) return undefined;
    let shown = 0;
    let checks = 0;
    let waiting = stale;
    const timer = setInterval(() => {
      if (++checks * STALE_CHECK_MS < STALE_AFTER_MS) return;
      waiting = waiting.filter((waiter) => {
        if (!waiter.isMissing || !batcher.isHeldUp(waiter)) return waiter.isMissing;
        const user = show(waiter.id);
        if (user) fill(waiter, user);
        return false;
      });
    }, STALE_CHECK_MS);

    return () => {
      clearInterval(timer);
      for (const { id, index } of stale) {
        const result = results[index];
        const user = result instanceof GatewayError && mayServeStale(result) ? show(id) : undefined;
        if (user) results[index] = user;
      }
      return shown;
    };

    /** Read again: it may have been forgotten meanwhile, or the credential refused. */
    function show(id: string) {
      const user = batcher.isRefused(batchKey.identity) ? undefined : store.getStale(batchKey, id);
      if (!user) return undefined;
      request.receipt.stale++;
      shown++;
      return user;
    }
  }

  function report(search: Search, sharedHits: number, joined: number, queued: number, shed: number): void {
    const { batchKey, request, cacheHits } = search;
    request.receipt.cacheHits += cacheHits + sharedHits;
    request.receipt.joined += joined;
    telemetry({
      type: 'look-ups',
      kind: batchKey.kind,
      cacheHits,
      sharedHits: store.isShared ? sharedHits : undefined,
      joined,
      queued,
      shed,
    });
  }

  function finish({ batchKey, results, duplicates }: Search, stale: number): LookupResult[] {
    telemetry(countResults(batchKey.kind, results, duplicates, stale));
    for (const [index, first] of duplicates) results[index] = results[first] ?? null;
    return results;
  }
}

/** Equal for duplicates, and for no valid identifier. A program in JavaScript may pass what is no string. */
const malformedId = (raw: unknown, index: number): string =>
  typeof raw === 'string' ? ` ${raw.trim()}` : ` \n${index}`;

/** What the identifiers of a list were answered, each counted once. */
export function countResults(
  kind: LookupKind,
  results: readonly LookupResult[],
  duplicates: readonly (readonly [number, number])[],
  stale: number,
): GatewayEvent {
  // Where an identifier is a duplicate, its result is still null.
  let notFound = -duplicates.length;
  let failed = 0;
  const errors: Partial<Record<ErrorCode, number>> = {};
  for (const result of results) {
    if (result === null) notFound++;
    else if (result instanceof GatewayError) {
      failed++;
      errors[result.code] = (errors[result.code] ?? 0) + 1;
    }
  }
  const found = results.length - duplicates.length - notFound - failed - stale;
  return { type: 'answers', kind, found, notFound, stale, errors };
}
