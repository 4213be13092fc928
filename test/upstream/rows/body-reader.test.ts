import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyText } from '../../../src/upstream/body-text.ts';
import { decodePerson, isRecord, type Person } from '../../../src/upstream/person.ts';
import { createBodyReader } from '../../../src/upstream/rows/body-reader.ts';
import { toPlainPerson } from '../../../src/upstream/rows/row-person.ts';
import { answerOf, attempt, bytesOf, parsed, peopleIn, readerOf, ZHANG } from './read-and-parsed.ts';

describe('an answer of the user API', () => {
  it('is matched from the second row of a shape on, and tells the same', () => {
    const read = createBodyReader();
    expect(read(bytesOf(answerOf(ZHANG))).people).toBeUndefined();
    const { envelope, people } = read(bytesOf(answerOf(ZHANG, { ...ZHANG, name_cn: '李四', email: null })));
    expect(people?.map(toPlainPerson)).toEqual([
      decodePerson(ZHANG),
      decodePerson({ ...ZHANG, name_cn: '李四', email: null }),
    ]);
    expect(envelope).toEqual(answerOf());
  });

  it.each([
    ['a name that JSON writes with an escape', answerOf({ ...ZHANG, name_en: 'Zhang "San"' })],
    ['an address that is no ASCII', answerOf({ ...ZHANG, email: '张@test.com' })],
    ['an address of another type', answerOf({ ...ZHANG, email: 7 })],
    ['nobody', answerOf({ ...ZHANG, user_key: '' })],
    ['a row of other fields', answerOf({ user_key: '1' })],
    ['a row of other fields behind others', answerOf(ZHANG, { user_key: '1' })],
    ['no rows', answerOf()],
    ['blanks between its parts', JSON.stringify(answerOf(ZHANG), null, 1)],
    ['a mark at its beginning', `\uFEFF${JSON.stringify(answerOf(ZHANG))}`],
    ['rows in another place', { err: { data: [ZHANG] }, data: [], err_code: 0 }],
    ['rows of its error', { err: { data: [ZHANG] }, err_code: 0 }],
    ['rows twice', `{"data":[${JSON.stringify(ZHANG)}],"data":[]}`],
    ['rows twice, one of them in disguise', `{"data":[${JSON.stringify(ZHANG)}],"\\u0064ata":[]}`],
    ['a field twice', JSON.stringify(answerOf(ZHANG)).replace('"status"', '"user_key":"2","status"')],
    ['something else behind its rows', JSON.stringify(answerOf(ZHANG)).replace('}],', '}1],')],
    ['a comma too many', JSON.stringify(answerOf(ZHANG)).replace('}],', '},],')],
    ['a control character', JSON.stringify(answerOf(ZHANG)).replace('Zhang', 'Zh\nang')],
    ['no end', JSON.stringify(answerOf(ZHANG)).slice(0, -3)],
  ])('with %s is for JSON to read', (_, answer) => {
    const body = bytesOf(answer);
    const { envelope, people } = readerOf(ZHANG)(body);
    expect(people).toBeUndefined();
    expect(isRecord(envelope) ? envelope : undefined).toEqual(attempt(() => JSON.parse(bodyText(body))));
  });

  it.each([
    ['a field whose name is too long', { ...ZHANG, ['x'.repeat(20_000)]: 1 }],
    ['too many fields', { ...ZHANG, ...Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`x${n}`, n])) }],
    ['a list', { ...ZHANG, teams: [] }],
  ])('whose rows have %s is always for JSON to read', (_, row) => {
    const { envelope, people } = readerOf(row)(bytesOf(answerOf(row)));
    expect(people).toBeUndefined();
    expect(envelope).toEqual(answerOf(row));
  });

  const ZOE = { user_key: '1', name_en: 'Zoë' };

  it('with bytes that are no UTF-8 is for JSON to read', () => {
    const body = Buffer.from(JSON.stringify(answerOf(ZOE)), 'latin1');
    const { envelope, people } = readerOf(ZOE)(body);
    expect(people).toBeUndefined();
    expect(envelope).toEqual(answerOf({ ...ZOE, name_en: 'Zo\uFFFD' }));
  });

  it('may hold rows of several shapes, and in its pictures the escapes of programs in Go', () => {
    const { name_cn: _, ...withoutName } = ZHANG;
    const rows = [ZHANG, withoutName, ZHANG, { ...ZHANG, name: null }, withoutName];
    const read = readerOf(ZHANG, withoutName, { ...ZHANG, name: null });
    const body = Buffer.from(JSON.stringify(answerOf(...rows)).replaceAll('&', '\\u0026'));
    expect(read(body).people?.map(toPlainPerson)).toEqual(rows.map(decodePerson));
  });

  const ascii = fc.stringMatching(/^[a-z @.\-<&]{1,12}$/);
  const odd = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', null, 0, true, [], {}));
  const identifier = fc.oneof({ weight: 40, arbitrary: ascii }, { weight: 1, arbitrary: odd });
  const text = fc.oneof(
    { weight: 40, arbitrary: fc.oneof(ascii, fc.constantFrom('', '张三', 'Zoë 😀', '\u007F\u2028')) },
    { weight: 1, arbitrary: odd },
  );
  const names = fc.oneof(
    { weight: 5, arbitrary: fc.record({ default: text, zh_cn: text, en_us: text }, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.constantFrom(null, 'x', []) },
  );
  const fieldOf: Record<string, fc.Arbitrary<unknown>> = {
    user_key: identifier,
    out_id: identifier,
    email: identifier,
    username: text,
    name_cn: text,
    name_en: text,
    avatar_url: text,
    status: text,
    name: names,
    more: fc.oneof(text, fc.double(), fc.boolean()),
  };
  /** Rows of a few shapes, so that most are known. */
  const answers = fc
    .array(fc.tuple(fc.subarray(Object.keys(fieldOf), { minLength: 4 }), fc.boolean()), { minLength: 1, maxLength: 2 })
    .map((shapes) => shapes.map(([own, isTurned]) => (isTurned ? own.toReversed() : own)))
    .map((shapes) =>
      shapes.map((own) => fc.record(Object.fromEntries(own.map((name) => [name, fieldOf[name] ?? text])))),
    )
    .chain((rows) =>
      fc.array(fc.array(fc.oneof(...rows), { minLength: 1, maxLength: 5 }), { minLength: 3, maxLength: 6 }),
    );
  /** The way in which JSON is written is up to who writes it. */
  const spelling = fc.constantFrom(
    ...Array.from({ length: 8 }, () => (json: string) => json),
    (json: string) => json.replaceAll('&', '\\u0026').replaceAll('<', '\\u003c'),
    (json: string) => json.replace('z', '\\u007a'),
    (json: string) => json.replace('"', ' "'),
    (json: string) => json.slice(0, -1),
    (json: string) => json.replace('a', '\\a'),
    (json: string) => json.replace('张', '\\u5f20'),
  );

  it('tells the same as JSON does, whatever it holds and however it is written', () => {
    let matched = 0;
    fc.assert(
      fc.property(answers, spelling, fc.boolean(), (lists, spell, asksForAll) => {
        const read = createBodyReader();
        for (const rows of lists) {
          const body = bytesOf(spell(JSON.stringify(answerOf(...rows))));
          const { envelope, people } = read(body);
          const told = parsed(body);
          expect(people?.map(toPlainPerson) ?? peopleIn(envelope)).toEqual(told?.people);
          expect(
            isRecord(envelope) && Array.isArray(envelope.data) ? { ...envelope, data: undefined } : undefined,
          ).toEqual(told?.rest);
          matched += people?.length ?? 0;
          for (const [index, person] of people?.entries() ?? []) {
            const plain = told?.people[index] as Person;
            const fields = Object.keys(plain) as (keyof Person)[];
            for (const field of asksForAll ? fields : fields.slice(index)) expect(person[field]).toBe(plain[field]);
          }
        }
      }),
      { numRuns: 1_500, seed: 20261129 },
    );
    expect(matched).toBeGreaterThan(1_000);
  });
});
