import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchUsers } from '../../src/directory/match.ts';
import { GatewayError } from '../../src/errors.ts';
import type { LookupKind } from '../../src/lookup-kinds.ts';
import { decodeUser, type LarkUser } from '../../src/upstream/lark-user.ts';

const person = (n: number, changes: Partial<LarkUser> = {}): LarkUser => ({
  ...(decodeUser({ user_key: `k${n}`, out_id: `on_${n}`, email: `Person${n}@Example.com` }) as LarkUser),
  ...changes,
});
const idOf: Record<LookupKind, (n: number) => string> = {
  key: (n) => `k${n}`,
  outId: (n) => `on_${n}`,
  email: (n) => `person${n}@example.com`,
};
const found = (people: LarkUser[], malformedRows = 0) => ({ people, malformedRows });
const codes = (results: readonly unknown[]) =>
  results.map((result) => (result instanceof GatewayError ? result.code : ((result as LarkUser | null)?.key ?? null)));

describe('matching rows to identifiers', () => {
  it('gives every identifier its own user, with rows reordered, missing, duplicated or unrequested', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<LookupKind>('key', 'outId', 'email'),
        fc.uniqueArray(fc.nat(60), { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(80), { maxLength: 80 }),
        (kind, asked, rows) => {
          const { results, unrequested } = matchUsers(
            { kind, identifiers: asked.map(idOf[kind]) },
            found(rows.map((n) => person(n))),
          );
          expect(codes(results)).toEqual(asked.map((n) => (rows.includes(n) ? `k${n}` : null)));
          expect(unrequested).toBe(rows.filter((n) => !asked.includes(n)).length);
        },
      ),
    );
  });

  it('matches an e-mail that comes back in another letter case', () => {
    const { results } = matchUsers({ kind: 'email', identifiers: ['PERSON1@example.com'] }, found([person(1)]));
    expect(codes(results)).toEqual(['k1']);
  });

  it('needs no field to match where one identifier has one row', () => {
    const { results } = matchUsers({ kind: 'email', identifiers: ['a@b.c'] }, found([person(1, { email: null })]));
    expect(codes(results)).toEqual(['k1']);
  });

  it('never takes the only row for the only identifier where its field names another user', () => {
    const { results, unrequested } = matchUsers({ kind: 'email', identifiers: ['a@b.c'] }, found([person(1)]));
    expect(codes(results)).toEqual([null]);
    expect(unrequested).toBe(1);
  });

  it('names the missing field and permission where rows cannot be distinguished', () => {
    const { results } = matchUsers(
      { kind: 'email', identifiers: ['person1@example.com', 'person2@example.com'] },
      found([person(1), person(2, { email: null })]),
    );
    expect(codes(results)).toEqual(['k1', 'UPSTREAM_BAD_RESPONSE']);
    expect((results[1] as GatewayError).message).toContain('left out email');
    expect((results[1] as GatewayError).message).toContain('permission to read e-mail addresses');
  });

  it('returns no "not found" while a malformed row could be the user', () => {
    const { results } = matchUsers({ kind: 'key', identifiers: ['k1', 'k2'] }, found([person(1)], 1));
    expect(codes(results)).toEqual(['k1', 'UPSTREAM_BAD_RESPONSE']);
  });

  it('chooses none of two users that share the identifier', () => {
    const rows = [person(1), person(1, { key: 'other' }), person(1)];
    const { results } = matchUsers({ kind: 'outId', identifiers: ['on_1', 'on_2'] }, found(rows));
    expect(codes(results)).toEqual(['UPSTREAM_BAD_RESPONSE', null]);
  });
});
