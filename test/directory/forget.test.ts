import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { UserIdentifier } from '../../src/directory/identifiers.ts';
import { GatewayError } from '../../src/errors.ts';
import type { LookupKind } from '../../src/lookup-kinds.ts';
import type { LarkUser } from '../../src/upstream/lark-user.ts';
import { type Answering, directoryOnFakeClock, everybody, idOf, personOf, tokenOf } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

const KINDS = ['key', 'outId', 'email'] as const;

interface Asked {
  readonly kind: LookupKind;
  readonly n: number;
  readonly tenantKey?: string | undefined;
  readonly identity?: string;
}

/** A directory, with look-ups that tell who was found and how many calls that took. */
function setUp(options: Parameters<typeof directoryOnFakeClock>[0] = {}) {
  const harness = directoryOnFakeClock(options);
  const lookup = ({ kind, n, tenantKey, identity = 'plugin' }: Asked) =>
    harness.directory.lookup({
      kind,
      identifiers: [idOf[kind](n)],
      tenantKey: kind === 'email' ? tenantKey : undefined,
      request: harness.context({ userToken: tokenOf(identity) }),
    });
  return {
    ...harness,
    lookup,
    /** Calls that one look-up takes, after some time so that it is later than whatever was before. */
    async costOf(asked: Asked): Promise<number> {
      const before = harness.calls.length;
      await harness.pass(1);
      const found = lookup(asked);
      await harness.pass(200);
      expect(await found).toEqual([
        personOf(asked.n, asked.identity, asked.kind === 'email' ? asked.tenantKey : undefined),
      ]);
      return harness.calls.length - before;
    },
  };
}

const nameOf = (kind: LookupKind, n: number, tenantKey?: string): UserIdentifier => ({
  kind,
  identifier: idOf[kind](n),
  tenantKey,
});
/** So that a look-up of one person is by one of their aliases. */
const byAny = fc.record<Asked>({
  kind: fc.constantFrom(...KINDS),
  n: fc.constantFrom(1, 2, 3, 7),
  tenantKey: fc.constantFrom(undefined, 't1', 't2'),
  identity: fc.constantFrom('plugin', 'alice', 'bob'),
});

describe('forgetting a user', () => {
  it.each(KINDS)('by %s has them looked up anew under every alias', async (kind) => {
    for (const alias of KINDS) {
      const { directory, costOf } = setUp();
      await costOf({ kind: 'email', n: 1 });
      expect(await costOf({ kind: alias, n: 1 })).toBe(0);
      expect(directory.forget(nameOf(kind, 1)).entries).toBe(1);
      expect(await costOf({ kind: alias, n: 1 })).toBe(1);
    }
  });

  it('removes the user for all identities and tenants, by any identifier, and no other user', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(byAny, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(...KINDS),
        fc.constantFrom(1, 7),
        async (filled, kind, n) => {
          const { directory, costOf } = setUp({ cache: { negativeTtlMs: 60_000 } });
          for (const asked of filled) await costOf(asked);
          const costs = [];
          for (const asked of filled) costs.push(await costOf(asked));
          expect(new Set(costs)).toEqual(new Set([0]));
          directory.forget(nameOf(kind, n));
          // Nobody can tell that several identifiers of somebody who does not exist belong together.
          const isMeant = (asked: Asked) => asked.n === n && (n !== 7 || asked.kind === kind);
          for (const asked of filled.filter((one) => !isMeant(one))) expect(await costOf(asked)).toBe(0);
          const firsts = new Map(filled.filter(isMeant).map((asked) => [JSON.stringify(asked), asked]));
          // Forgotten once for each, since one look-up fills aliases of the next.
          for (const asked of firsts.values()) {
            expect(await costOf(asked)).toBe(1);
            directory.forget(nameOf(kind, n));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('returns all known identifiers, normalized, for other processes', async () => {
    const { directory, costOf } = setUp();
    await costOf({ kind: 'email', n: 1 });
    await costOf({ kind: 'email', n: 1, tenantKey: 't1', identity: 'alice' });
    const { names, entries } = directory.forget({ kind: 'email', identifier: ' P1@Example.com ' });
    expect(names).toEqual([
      { kind: 'email', identifier: 'p1@example.com' },
      { kind: 'key', identifier: 'k1' },
      { kind: 'outId', identifier: 'on_1' },
      { kind: 'email', identifier: 'p1@example.com', tenantKey: 't1' },
    ]);
    expect(entries).toBe(2);
  });

  it('finds them by an address that is theirs no more', async () => {
    let email = 'old@example.com';
    const { directory, context, pass, calls } = setUp({
      answer: () => ({ people: [{ ...(personOf(1) as LarkUser), email }], malformedRows: 0 }),
    });
    const ask = async (kind: LookupKind, identifier: string, bypassCache = false) => {
      void directory.lookup({ kind, identifiers: [identifier], request: context({ bypassCache }) });
      await pass(100);
    };
    await ask('email', 'old@example.com');
    email = 'new@example.com';
    await ask('key', 'k1', true);
    const { names, entries } = directory.forget({ kind: 'email', identifier: 'old@example.com' });
    expect(entries).toBe(1);
    expect(names.map(({ identifier }) => identifier).toSorted()).toEqual([
      'k1',
      'new@example.com',
      'old@example.com',
      'on_1',
    ]);
    await pass(1);
    await ask('key', 'k1');
    expect(calls).toHaveLength(3);
  });

  it('finds the user in another tenant without the address, by the identifiers of the first', async () => {
    const { directory, pass, calls } = setUp({
      answer: ({ tenantKey }) => ({
        people: [{ ...(personOf(1) as LarkUser), ...(tenantKey !== undefined && { email: null }) }],
        malformedRows: 0,
      }),
    });
    const ask = async (identifier: string, tenantKey?: string) => {
      void directory.lookup({ kind: 'email', identifiers: [identifier], tenantKey });
      await pass(100);
    };
    await ask('p1@example.com');
    await ask('elsewhere@example.com', 't1');
    expect(directory.forget(nameOf('email', 1)).entries).toBe(2);
    await ask('elsewhere@example.com', 't1');
    expect(calls).toHaveLength(3);
  });

  it('keeps users of another tenant with the same address, where the tenant is named', async () => {
    const answer: Answering = ({ identifiers, tenantKey = 'own' }) => ({
      people: identifiers.map((email) => ({ ...(personOf(1) as LarkUser), key: `k-${tenantKey}`, outId: null, email })),
      malformedRows: 0,
    });
    const { directory, pass, calls } = setUp({ answer });
    const ask = async (tenantKey: string) => {
      void directory.lookup({ kind: 'email', identifiers: ['a@example.com'], tenantKey });
      await pass(100);
    };
    await ask('t1');
    await ask('t2');
    expect(directory.forget({ kind: 'email', identifier: 'a@example.com', tenantKey: 't1' }).entries).toBe(1);
    await ask('t2');
    expect(calls).toHaveLength(2);
    await ask('t1');
    expect(calls).toHaveLength(3);
    expect(directory.forget({ kind: 'email', identifier: 'a@example.com' }).entries).toBe(2);
  });

  it('removes the stale copy, also from requests that already wait for it', async () => {
    let isDown = false;
    const { directory, costOf, lookup, pass } = setUp({
      answer: (...asked) => {
        if (isDown) throw new GatewayError('UPSTREAM_UNAVAILABLE', 'down');
        return everybody(...asked);
      },
    });
    for (const n of [1, 2]) await costOf({ kind: 'email', n });
    isDown = true;
    await pass(70_000);
    const [waiting, beside] = [lookup({ kind: 'key', n: 1 }), lookup({ kind: 'key', n: 2 })];
    await pass(5);
    directory.forget(nameOf('email', 1));
    await pass(20_000);
    expect(await waiting).toMatchObject([{ code: 'UPSTREAM_UNAVAILABLE' }]);
    expect(await beside).toMatchObject([{ key: 'k2' }]);
  });

  it('refreshes the hot user no more', async () => {
    const { directory, lookup, pass, calls } = setUp();
    for (let times = 0; times < 3; times++) {
      void lookup({ kind: 'key', n: 1 });
      await pass(50);
    }
    await pass(50_000);
    // The look-ups by out id use up what a refresh would need, so that it waits.
    void directory.lookup({ kind: 'outId', identifiers: Array.from({ length: 1_000 }, (_, n) => `on_${n + 10}`) });
    await pass(700);
    void lookup({ kind: 'key', n: 1 });
    await pass(1);
    directory.forget(nameOf('outId', 1));
    void lookup({ kind: 'key', n: 2 });
    await pass(30_000);
    expect(calls.filter(({ query }) => query.kind === 'key').map(({ query }) => query.identifiers)).toEqual([
      ['k1'],
      ['k2'],
    ]);
  });

  it('removes what the user API has refused, and counts it', async () => {
    const { directory, lookup, pass, calls } = setUp({
      answer: () => {
        throw new GatewayError('UPSTREAM_REJECTED', 'refused', { upstream: { code: 20006 } });
      },
    });
    const ask = async () => {
      const found = lookup({ kind: 'key', n: 1 });
      await pass(100);
      return found;
    };
    await ask();
    expect(await ask()).toMatchObject([{ code: 'UPSTREAM_REJECTED' }]);
    expect(calls).toHaveLength(1);
    expect(directory.forget(nameOf('key', 1)).entries).toBe(1);
    await ask();
    expect(calls).toHaveLength(2);
  });

  it('returns the same for a user that exists and one that does not', async () => {
    const { directory, costOf } = setUp();
    for (const n of [1, 7]) await costOf({ kind: 'email', n });
    expect(directory.forget(nameOf('email', 1)).entries).toBe(directory.forget(nameOf('email', 7)).entries);
    expect(directory.forget(nameOf('email', 1)).entries).toBe(directory.forget(nameOf('email', 14)).entries);
  });

  it('rejects a malformed identifier, as lookups do, and does not repeat it', () => {
    const { directory } = setUp();
    for (const [name, message] of [
      [{ kind: 'key', identifier: ' ' }, 'Expected a user key, got an empty text.'],
      [
        { kind: 'email', identifier: 'nobody' },
        'Expected an e-mail address such as name@example.com, got a text with no @.',
      ],
      [{ kind: 'email', identifier: 'a@b.c', tenantKey: '' }, 'Expected a tenant key, got an empty text.'],
    ] as const) {
      expect(() => directory.forget(name)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT', message }));
    }
  });
});

describe('a call that left before', () => {
  it.each(KINDS.flatMap((asked) => KINDS.map((forgotten) => [asked, forgotten] as const)))(
    'by %s does not bring back who was forgotten by %s; who waits for it gets the answer',
    async (asked, forgotten) => {
      const { directory, costOf, lookup, pass, calls } = setUp();
      const waiting = lookup({ kind: asked, n: 1 });
      await pass(10);
      expect(calls).toHaveLength(1);
      expect(directory.forget(nameOf(forgotten, 1)).entries).toBe(0);
      await pass(50);
      expect(await waiting).toEqual([personOf(1)]);
      expect(await costOf({ kind: asked, n: 1 })).toBe(1);
    },
  );

  it('is not joined by who asks for the same identifier afterwards', async () => {
    const { directory, lookup, pass, calls } = setUp();
    void lookup({ kind: 'key', n: 1 });
    await pass(10);
    directory.forget(nameOf('key', 1));
    const after = lookup({ kind: 'key', n: 1 });
    await pass(50);
    expect(await after).toEqual([personOf(1)]);
    expect(calls).toHaveLength(2);
  });

  it('is dropped for this user only: others of the same call are cached', async () => {
    const { directory, costOf, pass } = setUp();
    void directory.lookup({ kind: 'key', identifiers: ['k1', 'k2'] });
    await pass(10);
    directory.forget(nameOf('key', 1));
    await pass(50);
    expect(await costOf({ kind: 'key', n: 2 })).toBe(0);
    expect(await costOf({ kind: 'key', n: 1 })).toBe(1);
  });

  it('does not cache "not found" again, nor a rejected identifier', async () => {
    const refusing: Answering = (query, call) => {
      if (query.identifiers.includes('k8')) {
        throw new GatewayError('UPSTREAM_REJECTED', 'refused', { upstream: { code: 20006 } });
      }
      return everybody(query, call);
    };
    for (const [n, cost] of [
      [7, 2],
      [8, 2],
    ] as const) {
      const { directory, lookup, pass, calls } = setUp({ answer: refusing });
      void lookup({ kind: 'key', n });
      await pass(10);
      directory.forget(nameOf('key', n));
      await pass(50);
      void lookup({ kind: 'key', n });
      await pass(50);
      expect(calls).toHaveLength(cost);
    }
  });

  it('is cached for no user, where more were forgotten than are tracked', async () => {
    const { directory, costOf, lookup, pass } = setUp();
    void lookup({ kind: 'key', n: 1 });
    void lookup({ kind: 'key', n: 2 });
    await pass(10);
    directory.forget(nameOf('key', 1));
    for (let n = 0; n < 10_000; n++) directory.forget({ kind: 'key', identifier: `other-${n}` });
    await pass(50);
    expect(await costOf({ kind: 'key', n: 1 })).toBe(1);
    expect(await costOf({ kind: 'key', n: 2 })).toBe(1);
    expect(await costOf({ kind: 'key', n: 2 })).toBe(0);
  });
});

it('forgetting again includes all identifiers of the first time, for ten minutes: the message may have reached no other process', async () => {
  const { directory, costOf, pass } = setUp();
  await costOf({ kind: 'email', n: 1 });
  const first = directory.forget(nameOf('outId', 1));
  await pass(600_000);
  const second = directory.forget(nameOf('outId', 1));
  expect(second.entries).toBe(0);
  expect(new Set(second.names.map(({ identifier }) => identifier))).toEqual(
    new Set(first.names.map(({ identifier }) => identifier)),
  );
  await pass(1_000_000);
  // To forget somebody is not to keep their identifiers.
  expect(directory.forget(nameOf('outId', 1)).names).toEqual([{ kind: 'outId', identifier: 'on_1' }]);
});
