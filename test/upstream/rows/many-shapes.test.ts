import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { decodePerson } from '../../../src/upstream/person.ts';
import { createBodyReader } from '../../../src/upstream/rows/body-reader.ts';
import { answerOf, bytesOf, peopleIn, ZHANG } from './read-and-parsed.ts';

const OF_ZHANG = bytesOf(answerOf(ZHANG));
const refusal = bytesOf({ data: null, err: {}, err_msg: '', err_code: 10429 });
/** An answer whose row has a field that no other has. */
const strange = (n: number) => bytesOf(answerOf({ user_key: '1', name_en: `Nr. ${n}`, [`x${n}`]: n }));

/** A reader that has read so many answers of which none was like another. */
function readerAfter(count: number) {
  const read = createBodyReader();
  for (let n = 0; n < count; n++) {
    const { envelope, people } = read(strange(n));
    expect([people, peopleIn(envelope)]).toEqual([undefined, [decodePerson({ user_key: '1', name_en: `Nr. ${n}` })]]);
  }
  return read;
}

/** How many times this answer is read before it is matched. */
function readsBeforeMatch(read: ReturnType<typeof createBodyReader>, body: Buffer): number {
  for (let reads = 0; reads < 2_000; reads++) if (read(body).people) return reads;
  throw new Error('It was never matched.');
}

describe('answers of which none is like another', () => {
  it('are only parsed after some of them, for hundreds of answers; then matching is tried again', () => {
    const read = readerAfter(20);
    expect(readsBeforeMatch(read, OF_ZHANG)).toBeGreaterThan(400);
    expect(readsBeforeMatch(read, OF_ZHANG)).toBe(0);
  });

  it('have no shape to be known meanwhile', () => {
    const read = readerAfter(20);
    for (let n = 0; n < 100; n++) read(OF_ZHANG);
    const others = readsBeforeMatch(read, strange(19));
    expect(others).toBeGreaterThan(300);
    // The first that is not matched tells its shape, the second is of it.
    expect(readsBeforeMatch(read, OF_ZHANG)).toBe(1);
  });

  it('are tried again now and then only, and few patterns are made', () => {
    let made = 0;
    const construct = (...all: Parameters<typeof Reflect.construct>) => {
      made++;
      return Reflect.construct(...all) as object;
    };
    vi.stubGlobal('RegExp', new Proxy(RegExp, { construct }));
    onTestFinished(() => void vi.unstubAllGlobals());
    readerAfter(5_000);
    expect(made).toBeGreaterThan(16);
    expect(made).toBeLessThan(500);
  });
});

it.each([
  ['of as many shapes as are known at a time', Array.from({ length: 8 }, (_, n) => strange(n))],
  ['of the same shape, between many refusals', [...Array.from({ length: 40 }, () => refusal), OF_ZHANG]],
  ['of the same shape, between others', [...Array.from({ length: 7 }, (_, n) => strange(n)), OF_ZHANG]],
])('answers %s are all matched once they were seen', (_, answers) => {
  const read = createBodyReader();
  for (const answer of [...answers, ...answers]) read(answer);
  const withPeople = answers.filter((answer) => answer !== refusal);
  expect(answers.filter((answer) => read(answer).people)).toEqual(withPeople);
});
