import { type ErrorCode, GatewayError } from '../errors.ts';
import type { LookupKind } from '../lookup-kinds.ts';
import type { Clock } from '../policies/clock.ts';
import type { GatewayEvent, Telemetry } from '../telemetry/events.ts';
import { mayServeStale } from './batch-call.ts';
import type { Batcher } from './batcher.ts';
import { isNormalized, normalize, tryToParse } from './identifiers.ts';
import {
  type BatchKey,
  createBatchKey,
  fill,
  type LookupResult,
  PendingList,
  type RequestContext,
  type Waiter,
} from './lookup.ts';
import type { CacheHit } from './user-cache.ts';
import type { UserStore } from './user-store.ts';

/**
 * Resolves one list of identifiers: from the cache, from lookups in flight, or by queueing some.
 * @param identifiers as clients wrote them, duplicates included.
 * @returns one result for each, in the order requested; a promise only where something has to be waited for.
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

export function createFind(
  store: UserStore,
  batcher: Batcher,
  { clock, telemetry }: { readonly clock: Clock; readonly telemetry: Telemetry },
): Find {
  const { cache } = store;

  return function find(batchKey, identifiers, request) {
    const { kind } = batchKey;
    const count = identifiers.length;
    const now = clock();
    const { bypassCache, userToken, identity } = request;
    // A caller's own token sees cached users only while the user API is known to accept it.
    const canRead = !bypassCache && (!userToken || batcher.isAccepted(identity));
    const results: LookupResult[] = [];
    const firstIndex = count > 1 ? new Map<string, number>() : undefined;
    let duplicates: [number, number][] | undefined;
    let list: PendingList | undefined;
    let cacheHits = 0;
    for (let index = 0; index < count; index++) {
      results.push(null);
      const raw = identifiers[index] as string;
      let spelling: string | GatewayError = raw;
      let id = raw;
      // Before the cache is read: line feeds, which no valid identifier holds, separate identity and tenant in its keys.
      if (!isNormalized(kind, raw)) {
        spelling = tryToParse(kind, raw);
        id = typeof spelling === 'string' ? normalize(kind, spelling) : malformedId(raw, index);
      }
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
      const hit = canRead ? cache.get(batchKey, id, now) : cache.getInvalid(batchKey, id, now);
      if (hit) {
        results[index] = hit.error ?? hit.user;
        cacheHits++;
        if (hit.refreshUntil !== undefined) refreshHot(batchKey, id, hit, request);
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

  /** By key, whichever identifier made it hot: that renews all but the address, which only a lookup by e-mail can. */
  function refreshHot(batchKey: BatchKey, id: string, { user, refreshUntil }: CacheHit, request: RequestContext): void {
    if (!user || refreshUntil === undefined || request.userToken) return;
    const { kind, identity } = batchKey;
    if (kind === 'email') void refreshAhead(batchKey, id, refreshUntil, request);
    else void refreshAhead(createBatchKey(identity, 'key'), user.key, refreshUntil, request);
  }

  /** Unless another replica has just fetched it. */
  async function refreshAhead(batchKey: BatchKey, id: string, expiresAt: number, request: RequestContext) {
    if (store.isShared) await store.readShared(batchKey, [id]);
    // It may have been forgotten meanwhile.
    if (!cache.getStale(batchKey, id) || cache.isFreshAt(batchKey, id, expiresAt)) return;
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
    const now = clock();
    const unknown: Waiter[] = [];
    const found = new Set<Waiter>();
    for (const waiter of missing) {
      const hit = cache.get(batchKey, waiter.id, now);
      if (!hit) {
        unknown.push(waiter);
        continue;
      }
      results[waiter.index] = hit.error ?? hit.user;
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
    const stale: Waiter[] = [];
    for (const waiter of waiters) if (cache.getStale(batchKey, waiter.id)) stale.push(waiter);
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
      const user = batcher.isRefused(batchKey.identity) ? undefined : cache.getStale(batchKey, id);
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
      type: 'lookups',
      kind: batchKey.kind,
      cacheHits,
      sharedHits: store.isShared ? sharedHits : undefined,
      coalesced: joined,
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
  return { type: 'lookup-results', kind, found, notFound, stale, errors };
}
