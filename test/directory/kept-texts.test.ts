import { expect, it } from 'vitest';
import { createSubject } from '../../src/directory/look-up.ts';
import { createPersonCache } from '../../src/directory/person-cache.ts';
import { createRejections } from '../../src/directory/rejections.ts';
import { GatewayError } from '../../src/errors.ts';
import type { Person } from '../../src/upstream/person.ts';
import { createBodyReader } from '../../src/upstream/rows/body-reader.ts';
import { RowPerson } from '../../src/upstream/rows/row-person.ts';
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

/** A person in an answer that is long, as they come: matched in it. */
function createAnswers(): (n: number) => Person {
  const read = createBodyReader();
  const personIn = (n: number) => {
    const row = { user_key: keyOf(n), email: `somebody.${n}@example.com`, out_id: `on_${String(n).padStart(32, '0')}` };
    const body = JSON.stringify({ data: [row], err: {}, err_msg: '', err_code: 0, more: 'x'.repeat(LENGTH) });
    return read(Buffer.from(body)).people?.[0];
  };
  personIn(0);
  return (n) => {
    const person = personIn(n);
    if (!(person instanceof RowPerson)) throw new TypeError('Expected a row that is matched.');
    return person;
  };
}

/** An identifier in a document that is long, cut out of it as graphql-js does. */
const inDocument = (n: number) => `${keyOf(n)} # ${'x'.repeat(LENGTH)}`.slice(0, 19);

it.each([
  ['key', undefined],
  ['email', undefined],
  ['email', 'another tenant'],
] as const)('people in memory, found by %s, keep nothing of the answers they came in (%s)', (kind, tenantKey) => {
  const cache = createPersonCache();
  const answer = createAnswers();
  const subject = createSubject('plugin', kind, tenantKey);
  const kept = bytesKept((n) => {
    const person = answer(n);
    cache.learn(subject, person[kind] ?? '', person, 0);
  });
  expect(cache.size).toBe(PEOPLE + 1);
  expect(kept).toBeLessThan((PEOPLE * LENGTH) / 10);
});

it.each([undefined, 'another tenant'])(
  'people in memory keep nothing of the documents that named them (%s)',
  (tenantKey) => {
    const cache = createPersonCache();
    const subject = createSubject('plugin', 'email', tenantKey);
    const kept = bytesKept((n) => {
      // Who was asked for is who was told of: the texts are equal, not the same.
      const person = { key: keyOf(n), email: keyOf(n), outId: null } as Person;
      cache.learn(subject, inDocument(n), person, 0);
    });
    expect(kept).toBeLessThan((PEOPLE * LENGTH) / 10);
  },
);

it('nor does "there is no such person"', () => {
  const cache = createPersonCache();
  const subject = createSubject('plugin', 'key');
  const kept = bytesKept((n) => cache.learn(subject, inDocument(n), null, 0));
  expect(cache.get(subject, keyOf(PEOPLE))).toEqual({ person: null });
  expect(kept).toBeLessThan((PEOPLE * LENGTH) / 10);
});

it('nor do identifiers that the user API refuses', () => {
  const rejections = createRejections();
  const subject = createSubject('plugin', 'key');
  const refused = new GatewayError('BAD_USER_INPUT', 'refused');
  const kept = bytesKept((n) => rejections.add(subject, inDocument(n), refused));
  expect(rejections.get(subject, keyOf(PEOPLE))).toBe(refused);
  expect(kept).toBeLessThan((PEOPLE * LENGTH) / 10);
});
