import { describe, expect, it } from 'vitest';
import { createBatchKey } from '../../src/directory/lookup.ts';
import { UserCache, type UserCacheOptions } from '../../src/directory/user-cache.ts';
import type { LookupKind } from '../../src/lookup-kinds.ts';
import type { LarkUser } from '../../src/upstream/lark-user.ts';
import { personOf } from '../support/made-up-api.ts';

const subject = (kind: LookupKind, tenantKey?: string, identity = 'plugin') =>
  createBatchKey(identity, kind, tenantKey);
const one = personOf(1) as LarkUser;

function cacheAt(options: UserCacheOptions = {}) {
  const clock = { now: 0 };
  const cache = new UserCache(options, () => clock.now);
  const get = (kind: LookupKind, id: string, tenantKey?: string, identity?: string) =>
    cache.get(subject(kind, tenantKey, identity), id)?.user;
  return { cache, clock, get };
}

describe('the cache', () => {
  it('finds a user fetched by e-mail by all three identifiers', () => {
    const { cache, get } = cacheAt();
    cache.set(subject('email'), 'p1@example.com', one, 0);
    expect([get('key', 'k1'), get('outId', 'on_1'), get('email', 'p1@example.com')]).toEqual([one, one, one]);
  });

  it.each<[LookupKind, string]>([
    ['key', 'k1'],
    ['outId', 'on_1'],
  ])(
    'finds a user fetched by %s by key and out id, but not by an address, which may be of another tenant',
    (kind, id) => {
      const { cache, get } = cacheAt();
      cache.set(subject(kind), id, one, 0);
      expect([get('key', 'k1'), get('outId', 'on_1'), get('email', 'p1@example.com')]).toEqual([one, one, undefined]);
    },
  );

  it('returns the newest row of a user, also by an address, and renews the TTL of an address only after a lookup by it', () => {
    const { cache, clock, get } = cacheAt({ ttlMs: 1_000 });
    cache.set(subject('email'), 'p1@example.com', one, 0);
    cache.set(subject('key'), 'k1', { ...one, nameEn: 'new' }, 900);
    clock.now = 999;
    expect(get('email', 'p1@example.com')?.nameEn).toBe('new');
    clock.now = 1_500;
    // Their row still shows the address. Whether they are still found by it, nobody has asked.
    expect([get('email', 'p1@example.com'), get('key', 'k1')?.nameEn]).toEqual([undefined, 'new']);
  });

  it('caches an address from a response older than the cached user', () => {
    const { cache, clock, get } = cacheAt({ ttlMs: 1_000 });
    cache.set(subject('key'), 'k1', { ...one, nameEn: 'new' }, 900);
    cache.set(subject('email'), 'p1@example.com', one, 800);
    clock.now = 1_700;
    expect(get('email', 'p1@example.com')?.nameEn).toBe('new');
    clock.now = 1_800;
    expect(get('email', 'p1@example.com')).toBeUndefined();
  });

  it('expires a user after the TTL, counted from when the call left', () => {
    const { cache, clock, get } = cacheAt({ ttlMs: 60_000 });
    clock.now = 500;
    cache.set(subject('key'), 'k1', one, 100);
    clock.now = 60_099;
    expect(get('key', 'k1')).toEqual(one);
    clock.now = 60_100;
    expect(get('key', 'k1')).toBeUndefined();
  });

  it('caches "not found" for a shorter time, and only for its identifier', () => {
    const { cache, clock, get } = cacheAt({ negativeTtlMs: 5_000 });
    cache.set(subject('email'), 'p1@example.com', null, 0);
    expect(get('email', 'p1@example.com')).toBeNull();
    expect(get('key', 'k1')).toBeUndefined();
    clock.now = 5_000;
    expect(get('email', 'p1@example.com')).toBeUndefined();
  });

  it('replaces "not found" when the user is found by any identifier', () => {
    const { cache, get } = cacheAt();
    cache.set(subject('outId'), 'on_1', null, 0);
    cache.set(subject('key'), 'k1', one, 1);
    expect(get('outId', 'on_1')).toEqual(one);
  });

  it('finds the user by no identifier once the key is not found any more', () => {
    const { cache, get } = cacheAt();
    cache.set(subject('email'), 'p1@example.com', one, 0);
    cache.set(subject('key'), 'k1', null, 1);
    expect(get('key', 'k1')).toBeNull();
    expect(get('email', 'p1@example.com')).toBeUndefined();
  });

  it("serves an address only while it is still the user's own: it can change hands", () => {
    const { cache, get } = cacheAt();
    cache.set(subject('email'), 'p1@example.com', one, 0);
    cache.set(subject('key'), 'k1', { ...one, email: 'new@example.com' }, 1);
    expect(get('email', 'p1@example.com')).toBeUndefined();
    cache.set(subject('email'), 'p1@example.com', { ...(personOf(2) as LarkUser), email: 'p1@example.com' }, 2);
    expect(get('email', 'p1@example.com')?.key).toBe('k2');
  });

  it('keeps the newest fetch, in any order of responses', () => {
    const { cache, get } = cacheAt();
    cache.set(subject('key'), 'k1', { ...one, nameEn: 'new' }, 10);
    cache.set(subject('key'), 'k1', { ...one, nameEn: 'old' }, 5);
    expect(get('key', 'k1')?.nameEn).toBe('new');
    cache.set(subject('key'), 'k1', null, 7);
    expect(get('key', 'k1')?.nameEn).toBe('new');
    cache.set(subject('outId'), 'on_3', null, 10);
    cache.set(subject('key'), 'k3', personOf(3), 5);
    expect(get('outId', 'on_3')).toBeNull();
  });

  it('caches users of a named tenant under that tenant and address only', () => {
    const { cache, get } = cacheAt();
    cache.set(subject('email', 't1'), 'p1@example.com', one, 0);
    expect(get('email', 'p1@example.com', 't1')).toEqual(one);
    expect([get('email', 'p1@example.com'), get('email', 'p1@example.com', 't2'), get('key', 'k1')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('never serves one identity what another has fetched', () => {
    const { cache, get } = cacheAt();
    cache.set(subject('key', undefined, 'alice'), 'k1', one, 0);
    expect(get('key', 'k1', undefined, 'alice')).toEqual(one);
    expect(get('key', 'k1', undefined, 'bob')).toBeUndefined();
  });

  it('caches at most the allowed number of users, and evicts the longest unused first', () => {
    const { cache, get } = cacheAt({ maxEntries: 2 });
    for (const n of [1, 2]) cache.set(subject('key'), `k${n}`, personOf(n), 0);
    get('key', 'k1');
    cache.set(subject('key'), 'k3', personOf(3), 0);
    expect([get('key', 'k1')?.key, get('key', 'k2'), get('key', 'k3')?.key]).toEqual(['k1', undefined, 'k3']);
    expect(cache.size).toBe(2);
  });

  it('is switched off with a TTL of 0, and so is "not found" alone', () => {
    const off = cacheAt({ ttlMs: 0 });
    off.cache.set(subject('key'), 'k1', one, 0);
    off.cache.set(subject('key'), 'k2', null, 0);
    expect([off.get('key', 'k1'), off.get('key', 'k2')]).toEqual([undefined, undefined]);
    const found = cacheAt({ negativeTtlMs: 0 });
    found.cache.set(subject('key'), 'k2', null, 0);
    expect(found.get('key', 'k2')).toBeUndefined();
  });

  it('reports once that a hot user is about to expire', () => {
    const { cache, clock } = cacheAt({ ttlMs: 1_000 });
    cache.set(subject('key'), 'k1', one, 0);
    const isDue = () => cache.get(subject('outId'), 'on_1')?.refreshUntil !== undefined;
    clock.now = 700;
    expect([isDue(), isDue(), isDue()]).toEqual([false, false, false]);
    clock.now = 800;
    expect([isDue(), isDue()]).toEqual([true, false]);
    cache.set(subject('key'), 'k1', one, 800);
    clock.now = 1_700;
    expect([isDue(), isDue()]).toEqual([false, true]);
  });
});
