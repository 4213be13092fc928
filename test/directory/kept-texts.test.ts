import { expect, it } from 'vitest';
import { createBatchKey } from '../../src/directory/lookup.ts';
import { UserCache } from '../../src/directory/user-cache.ts';
import { GatewayError } from '../../src/errors.ts';
import { decodeUserQuery } from '../../src/upstream/envelope.ts';
import type { LarkUser } from '../../src/upstream/lark-user.ts';
import { collectGarbage } from '../support/garbage.ts';

const PEOPLE = 200;
const LENGTH = 100_000;

const keyOf = (n: number) => `7${String(n).padStart(18, '0')}`;

/** Bytes that are kept of what has come in `PEOPLE` texts, each of them long. */
function bytesKept(keep: (n: number) => void): number {
  keep(0);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let n = 1; n <= PEOPLE; n++) keep(n);
  collectGarbage();
  return process.memoryUsage().heapUsed - before;
}

/** A user in a long response. */
function userIn(n: number): LarkUser {
  const row = { user_key: keyOf(n), email: `somebody.${n}@example.com`, out_id: `on_${String(n).padStart(32, '0')}` };
  const body = JSON.stringify({ data: [row], err: {}, err_msg: '', err_code: 0, more: 'x'.repeat(LENGTH) });
  const answer = decodeUserQuery({ status: 200, headers: {}, body: Buffer.from(body) });
  if (answer.outcome !== 'people' || !answer.people[0]) throw new TypeError('Expected a user.');
  return answer.people[0];
}

/** An identifier in a document that is long, cut out of it as graphql-js does. */
const inDocument = (n: number) => `${keyOf(n)} # ${'x'.repeat(LENGTH)}`.slice(0, 19);

it.each([
  ['key', undefined],
  ['email', undefined],
  ['email', 'another tenant'],
] as const)('people in memory, found by %s, keep nothing of the answers they came in (%s)', (kind, tenantKey) => {
  const cache = new UserCache({}, () => 0);
  const subject = createBatchKey('plugin', kind, tenantKey);
  const kept = bytesKept((n) => {
    const person = userIn(n);
    cache.set(subject, person[kind] ?? '', person, 0);
  });
  expect(cache.size).toBe(PEOPLE + 1);
  expect(kept).toBeLessThan((PEOPLE * LENGTH) / 10);
});

it.each([undefined, 'another tenant'])(
  'cached users retain no memory of the documents that named them (%s)',
  (tenantKey) => {
    const cache = new UserCache({}, () => 0);
    const subject = createBatchKey('plugin', 'email', tenantKey);
    const kept = bytesKept((n) => {
      // Who was asked for is who was told of: the texts are equal, not the same.
      const person = { key: keyOf(n), email: keyOf(n), outId: null } as LarkUser;
      cache.set(subject, inDocument(n), person, 0);
    });
    expect(kept).toBeLessThan((PEOPLE * LENGTH) / 10);
  },
);

it('nor does "not found"', () => {
  const cache = new UserCache({}, () => 0);
  const subject = createBatchKey('plugin', 'key');
  const kept = bytesKept((n) => cache.set(subject, inDocument(n), null, 0));
  expect(cache.get(subject, keyOf(PEOPLE))).toMatchObject({ user: null, error: undefined });
  expect(kept).toBeLessThan((PEOPLE * LENGTH) / 10);
});

it('nor do identifiers that the user API rejects', () => {
  const cache = new UserCache({}, () => 0);
  const subject = createBatchKey('plugin', 'key');
  const rejected = new GatewayError('UPSTREAM_REJECTED', 'rejected');
  const kept = bytesKept((n) => cache.setInvalid(subject, inDocument(n), rejected));
  expect(cache.getInvalid(subject, keyOf(PEOPLE))?.error).toBe(rejected);
  expect(kept).toBeLessThan((PEOPLE * LENGTH) / 10);
});
