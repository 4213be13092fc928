import { vi } from 'vitest';
import { createDirectory, type DirectoryOptions } from '../../src/directory/directory.ts';
import type { LookupResult, RequestContext } from '../../src/directory/lookup.ts';
import { createRequestContext, type RequestContextOptions } from '../../src/directory/request-context.ts';
import { GatewayError } from '../../src/errors.ts';
import type { LookupKind } from '../../src/lookup-kinds.ts';
import type { CancelSignal } from '../../src/policies/cancel.ts';
import { decodeUser, type LarkUser } from '../../src/upstream/lark-user.ts';
import type { FoundPeople, TokenRefused, UserQuery } from '../../src/upstream/user-query.ts';
import { FAKED } from './fake-time.ts';

/** A call as the user API would see it, on the fake clock. */
export interface Call {
  readonly at: number;
  readonly query: UserQuery & { readonly identity: string };
  readonly signal: CancelSignal | undefined;
}

/** LarkUser number n exists for n not divisible by 7. Their fields tell identity and tenant, so that a mix-up shows. */
export function personOf(n: number, identity = 'plugin', tenant = 'own'): LarkUser | null {
  if (n % 7 === 0) return null;
  return decodeUser({
    user_key: `k${n}`,
    out_id: `on_${n}`,
    email: `p${n}@example.com`,
    name_en: `${n} of ${tenant} for ${identity}`,
  }) as LarkUser;
}

export const idOf: Record<LookupKind, (n: number) => string> = {
  key: (n) => `k${n}`,
  outId: (n) => `on_${n}`,
  email: (n) => `p${n}@example.com`,
};

/** Whom a look-up gave, in short: keys, `null` for nobody, and codes of errors. */
export const shown = (results: readonly LookupResult[]): (string | null)[] =>
  results.map((result) => (result instanceof GatewayError ? result.code : (result?.key ?? null)));

/** A token that belongs to this identity; none for the plugin's. */
export const tokenOf = (identity: string): RequestContextOptions['userToken'] =>
  identity === 'plugin' ? undefined : { identity, reveal: () => `token of ${identity}` };

export type Answering = (
  query: Call['query'],
  call: number,
) => FoundPeople | TokenRefused | Promise<FoundPeople | TokenRefused>;

export const everybody: Answering = ({ identifiers, identity, tenantKey }) => ({
  people: identifiers
    .map((identifier) => personOf(Number(/\d+/.exec(identifier)?.[0]), identity, tenantKey))
    .filter((person) => person !== null)
    .toReversed(),
  malformedRows: 0,
});

/** A directory in front of an API that takes 20 ms, all on a fake clock that starts at 0. */
export function directoryOnFakeClock(
  options: Partial<DirectoryOptions> & { answer?: Answering; latencyMs?: () => number } = {},
) {
  vi.useFakeTimers({ toFake: [...FAKED], now: 0 });
  const { answer = everybody, latencyMs = () => 20, ...rest } = options;
  const calls: Call[] = [];
  const directory = createDirectory({
    queryUsers: async (query, { signal, onLeaving } = {}) => {
      onLeaving?.();
      calls.push({ at: performance.now(), query: query as Call['query'], signal });
      const number = calls.length;
      await new Promise<void>((resolve, reject) => {
        setTimeout(resolve, latencyMs());
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
      return answer(query as Call['query'], number);
    },
    ...rest,
  });
  return {
    directory,
    calls,
    sizes: () => calls.map(({ query }) => query.identifiers.length),
    context: (more: RequestContextOptions = {}): RequestContext => createRequestContext(more),
    keys: (from: number, count: number) => Array.from({ length: count }, (_, index) => idOf.key(from + index)),
    pass: (ms: number) => vi.advanceTimersByTimeAsync(ms),
    /** Lets so much time pass. @returns the results of a lookup. @throws where it has none by then: awaited, the test would time out. */
    async resultsAfter(ms: number, lookup: LookupResult[] | Promise<LookupResult[]>): Promise<LookupResult[]> {
      const isPending = Symbol('pending');
      await vi.advanceTimersByTimeAsync(ms);
      const results = await Promise.race([lookup, Promise.resolve(isPending)]);
      if (typeof results !== 'symbol') return results;
      const sent = calls.map(({ at, query }) => `${query.identifiers.length} at ${at} ms`).join(', ');
      throw new Error(`Expected results within ${ms} ms, got none after ${calls.length} calls (identifiers: ${sent}).`);
    },
  };
}
