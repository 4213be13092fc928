import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswers } from '../../../src/directory/answers.ts';
import { Bundle } from '../../../src/directory/bundles/bundle.ts';
import { createBundleIndex } from '../../../src/directory/bundles/bundle-index.ts';
import { CODES, codeOf } from '../../../src/directory/bundles/code-of.ts';
import { createSubject } from '../../../src/directory/look-up.ts';
import { createTicket } from '../../../src/directory/ticket.ts';

const SUBJECTS = [
  createSubject('plugin', 'key'),
  createSubject('alice', 'key'),
  createSubject('plugin', 'email', 't1'),
];
const idsOf = (from: number, count: number) => Array.from({ length: count }, (_, index) => `k${from + index}`);

function bundleOf(subject: (typeof SUBJECTS)[number], ids: string[], codes = ids.map(codeOf)): Bundle {
  const answers = createAnswers(
    createTicket(),
    ids.map(() => null),
    () => {},
  );
  return new Bundle(
    subject,
    { ids, spellings: ids, places: ids.map((_, place) => place), codes },
    answers,
    0,
    () => {},
  );
}

describe('the index of bundles', () => {
  it('finds whom a map of all of them would find, whatever was added and removed before', () => {
    const step = fc.oneof(
      fc.record({ subject: fc.nat(2), from: fc.nat(300), bundles: fc.integer({ min: 1, max: 3 }), extra: fc.nat(20) }),
      fc.record({ remove: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.array(fc.nat(400), { maxLength: 30 }), (steps, asked) => {
        const index = createBundleIndex();
        const kept: Bundle[] = [];
        for (const one of steps) {
          if ('remove' in one) {
            const [gone] = kept.splice(one.remove % Math.max(1, kept.length), 1);
            if (gone) index.remove(gone);
            continue;
          }
          const subject = SUBJECTS[one.subject] ?? SUBJECTS[0];
          // No identifier is in two bundles: who is in one already is only asked for in the list of the next.
          const isTaken = (id: string) => kept.some((bundle) => bundle.subject === subject && bundle.ids.includes(id));
          const all = idsOf(one.from, one.bundles * 10 + one.extra);
          const free = all.filter((id) => !isTaken(id)).slice(0, one.bundles * 10);
          const bundles = Array.from({ length: Math.floor(free.length / 10) }, (_, n) =>
            bundleOf(subject as never, free.slice(n * 10, n * 10 + 10)),
          );
          if (bundles.length === 0) continue;
          index.add({ subject: subject as never, ids: new Set(all), bundles, indexed: 0 });
          kept.push(...bundles);
        }
        for (const subject of SUBJECTS) {
          for (const n of asked) {
            const expected = kept.find((bundle) => bundle.subject === subject && bundle.ids.includes(`k${n}`));
            expect(index.find(subject, `k${n}`)).toBe(expected);
          }
        }
        expect(new Set(index.all())).toEqual(new Set(kept));
        for (const bundle of kept) index.remove(bundle);
        expect(index.all()).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('tells those of one code apart, and goes on when some of them are gone', () => {
    const [subject = createSubject('plugin', 'key')] = SUBJECTS;
    const index = createBundleIndex();
    const code = codeOf('asked');
    const [first, second] = ['a', 'b'].map((id) => bundleOf(subject, [id], [code]));
    if (!first || !second) throw new Error('two');
    for (const bundle of [first, second]) {
      index.add({ subject, ids: new Set(bundle.ids), bundles: [bundle], indexed: 0 });
    }
    expect(index.find(subject, 'asked')).toBeUndefined();
    expect(index.find(subject, 'b', code)).toBe(second);
    index.remove(first);
    expect(index.find(subject, 'a', code)).toBeUndefined();
    expect(index.find(subject, 'b', code)).toBe(second);
  });

  it('has codes that are spread, and in their range', () => {
    const codes = new Set(idsOf(7_000_000, 5_000).map(codeOf));
    expect(codes.size).toBeGreaterThan(4_500);
    for (const code of [...codes, codeOf(''), codeOf('王小明@example.com')]) {
      expect(Number.isInteger(code) && code >= 0 && code < CODES).toBe(true);
    }
  });
});
