import type { SpanContext } from '@opentelemetry/api';
import type { GatewayError } from '../errors.ts';
import { byKind, type LookupKind } from '../lookup-kinds.ts';
import type { Cancel } from '../policies/cancel.ts';
import type { LarkUser } from '../upstream/lark-user.ts';
import type { UserToken } from '../upstream/user-token.ts';
import type { Receipt } from './receipt.ts';

/** The result for one identifier: the user, `null` for "not found", or an error of its own. */
export type LookupResult = LarkUser | null | GatewayError;

/** What may share one upstream call; the prefix of every cache and in-flight key. Lookups of two keys never share anything. */
export interface BatchKey {
  /** Whose credential is sent upstream. */
  readonly identity: string;
  readonly kind: LookupKind;
  /** `undefined` for the plugin's own tenant. Counts with e-mails only. */
  readonly tenantKey: string | undefined;
  /** All of it as one string, for maps. */
  readonly key: string;
  /** Identity and tenant as the prefix of cache keys: empty for the plugin's own, so that nearly no cache key is a string of its own. */
  readonly cachePrefix: string;
}

/** Identity of all requests without a token of their own. */
export const PLUGIN_IDENTITY = 'plugin';

export function createBatchKey(identity: string, kind: LookupKind, tenantKey?: string): BatchKey {
  if (identity === PLUGIN_IDENTITY && tenantKey === undefined) return OF_PLUGIN[kind];
  const tenant = tenantKey ?? '';
  return {
    identity,
    kind,
    tenantKey,
    key: `${identity}\n${kind}\n${tenant}`,
    cachePrefix: `${identity}\n${tenant}\n`,
  };
}

const ofPlugin = (kind: LookupKind): BatchKey => ({
  identity: PLUGIN_IDENTITY,
  kind,
  tenantKey: undefined,
  key: `${PLUGIN_IDENTITY}\n${kind}\n`,
  cachePrefix: '',
});

/** Nearly all lookups have one of these. */
const OF_PLUGIN = byKind(ofPlugin);

/** One request: its identity, its deadline, and what it took. */
export interface RequestContext {
  readonly identity: string;
  /** The token that is sent upstream; `undefined` for the plugin's. */
  readonly userToken: UserToken | undefined;
  /** On the monotonic clock, as all times here. */
  readonly startedAt: number;
  readonly deadlineAt: number;
  /** Lookups are sent upstream even for cached users. */
  readonly bypassCache: boolean;
  readonly receipt: Receipt;
  /** For upstream calls to link to. */
  readonly span: SpanContext | undefined;
  /** Lookups of this request that are in the queue. */
  queued: number;
  /** Called for a lookup that this request no longer waits for. Set by the batcher. */
  onLeave: ((lookup: Lookup) => void) | undefined;
  /** Watches over a list that waits: from now on deadline and disconnect end its wait. */
  watch(list: PendingList): void;
  /** Called when nothing of the list waits any more. */
  unwatch(list: PendingList): void;
  /** Stops waiting for one lookup, with this result. */
  leave(waiter: Waiter, result: GatewayError): void;
}

/** The search for the identifiers for which the user API rejected one batch, shared by the lookups of that batch. */
export interface Bisection {
  readonly size: number;
  callsLeft: number;
  /** Groups that hold a rejected identifier each, as far as is known. */
  suspects: (readonly Lookup[])[];
  /** Nothing is known of these but that they were in a rejected call, beside suspects. */
  others: Lookup[];
}

/** One identifier in flight, for all requests that want it. */
export interface Lookup {
  readonly batchKey: BatchKey;
  /** The identifier in its normalized form: equal for two spellings. */
  readonly id: string;
  /** As the first request wrote it, which is what is sent upstream. */
  readonly spelling: string;
  /** The request that queued it; `undefined` for a refresh ahead of expiry. */
  readonly owner: RequestContext | undefined;
  readonly queuedAt: number;
  /** `retrying`: between two calls, and not in a lane. */
  state: 'queued' | 'sent' | 'retrying' | 'done';
  /** False once a newer lookup has superseded it: new requests join that one. */
  isCurrent: boolean;
  /** True while it counts against `QUEUE_LIMIT`. */
  isCounted: boolean;
  /** The first that waits, and those that joined later. Nearly all lookups have one waiter, and an array for each takes memory. */
  waiter: Waiter | undefined;
  joined: Waiter[] | undefined;
  /** The call it is in. */
  batch: Batch | undefined;
  /** Calls that failed in a way that may pass. */
  attempts: number;
  tokenRefusals: number;
  /** The last of these failures: the result if there is no time for another call. */
  lastError: GatewayError | undefined;
  /** Set while its batch is split to find the identifier that the user API rejects. */
  bisection: Bisection | undefined;
}

export function createLookup(
  batchKey: BatchKey,
  id: string,
  spelling: string,
  owner: RequestContext | undefined,
  queuedAt: number,
): Lookup {
  return {
    batchKey,
    id,
    spelling,
    owner,
    queuedAt,
    state: 'queued',
    isCurrent: false,
    isCounted: false,
    waiter: undefined,
    joined: undefined,
    batch: undefined,
    attempts: 0,
    tokenRefusals: 0,
    lastError: undefined,
    bisection: undefined,
  };
}

/** Lookups of one upstream call. */
export interface Batch {
  /** Emptied when the call has ended, so that what still refers to the batch does not keep its users in memory. */
  lookups: readonly Lookup[];
  readonly cancel: Cancel;
}

/** One index of a list, waiting for a lookup in flight. */
export interface Waiter {
  readonly list: PendingList;
  readonly index: number;
  readonly id: string;
  readonly spelling: string;
  lookup: Lookup | undefined;
  /** Until the lookup is settled, or the request no longer waits. */
  isWaiting: boolean;
  /** Until there is a result at its index: a stale copy is shown while the lookup is still in flight. */
  isMissing: boolean;
}

/** One list of identifiers being resolved, for one request. */
export class PendingList {
  readonly request: RequestContext;
  /** One for each identifier, in the order requested. */
  readonly results: LookupResult[];
  /** The indices that need a lookup. */
  waiters: Waiter[] = [];
  /** How many still wait for theirs. */
  waiting = 0;
  /** How many have no result yet. Fewer than wait, where a stale copy is shown. */
  missing = 0;
  /** Called when the last result is there. */
  onSettled: (() => void) | undefined;

  constructor(request: RequestContext, results: LookupResult[]) {
    this.request = request;
    this.results = results;
  }

  add(index: number, id: string, spelling: string): void {
    const waiter = { list: this, index, id, spelling, lookup: undefined, isWaiting: false, isMissing: false };
    // An array that grows reserves room for many, and most lists have one identifier.
    if (this.waiters.length === 0) this.waiters = [waiter];
    else this.waiters.push(waiter);
  }
}

/** Has a waiter wait for this lookup. Call `request.watch(list)` when all of a list do. */
export function join(waiter: Waiter, lookup: Lookup): void {
  waiter.lookup = lookup;
  waiter.isWaiting = true;
  waiter.isMissing = true;
  waiter.list.waiting++;
  waiter.list.missing++;
  if (lookup.waiter) addWaiter(lookup, waiter);
  else lookup.waiter = waiter;
}

function addWaiter(lookup: Lookup, waiter: Waiter): void {
  if (!lookup.waiter) lookup.waiter = waiter;
  else if (lookup.joined) lookup.joined.push(waiter);
  else lookup.joined = [waiter];
}

export const hasWaiters = ({ waiter }: Lookup): boolean => waiter !== undefined;

/** All waiters of a lookup, in the order they joined. */
export const waitersOf = ({ waiter, joined = [] }: Lookup): readonly Waiter[] => (waiter ? [waiter, ...joined] : []);

/** Moves the waiters of one lookup to a newer one of the same identifier. */
export function moveWaiters(from: Lookup, to: Lookup): void {
  for (const waiter of waitersOf(from)) {
    waiter.lookup = to;
    addWaiter(to, waiter);
  }
  from.waiter = undefined;
  from.joined = undefined;
}

/** Gives all waiters this result. */
export function settle(lookup: Lookup, result: LookupResult): void {
  const { waiter, joined } = lookup;
  lookup.state = 'done';
  lookup.waiter = undefined;
  lookup.joined = undefined;
  if (waiter) settleWaiter(waiter, result);
  if (joined) for (const other of joined) settleWaiter(other, result);
}

function settleWaiter(waiter: Waiter, result: LookupResult): void {
  if (!waiter.isWaiting) return;
  waiter.isWaiting = false;
  const { list } = waiter;
  if (--list.waiting === 0) list.request.unwatch(list);
  fill(waiter, result);
}

/** Sets the result of a waiter, which may go on waiting for its lookup. The first result stays. */
export function fill(waiter: Waiter, result: LookupResult): void {
  if (!waiter.isMissing) return;
  waiter.isMissing = false;
  const { list } = waiter;
  list.results[waiter.index] = result;
  if (--list.missing === 0) list.onSettled?.();
}

/** Stops waiting, with this result. @returns the lookup, which may have no waiters now. */
export function leave(waiter: Waiter, result: LookupResult): Lookup | undefined {
  const { lookup } = waiter;
  if (!lookup || !waiter.isWaiting) return undefined;
  removeWaiter(lookup, waiter);
  settleWaiter(waiter, result);
  return lookup;
}

/** In place: thousands may wait for one lookup, and leave one after the other. */
function removeWaiter(lookup: Lookup, waiter: Waiter): void {
  const { joined } = lookup;
  if (lookup.waiter === waiter) lookup.waiter = joined?.shift();
  else {
    const index = joined?.indexOf(waiter) ?? -1;
    if (index >= 0) joined?.splice(index, 1);
  }
  if (joined?.length === 0) lookup.joined = undefined;
}
