import { expect, it } from 'vitest';
import { decodePerson, type Person } from '../../../src/upstream/person.ts';
import { createBodyReader } from '../../../src/upstream/rows/body-reader.ts';
import { answerOf, bytesOf, parsed, peopleIn, readerOf, ZHANG } from './read-and-parsed.ts';

/** Of a person in a matched row they are no properties of its own. */
function fieldsOf(person: Person): Person {
  const { key, outId, email, username, nameCn, nameEn, nameDefault, avatarUrl, status } = person;
  return { key, outId, email, username, nameCn, nameEn, nameDefault, avatarUrl, status };
}

it.each([
  ['objects', '{"x":', '}', 5_000],
  ['lists', '[', ']', 50_000],
])('an answer with a field of %s, thousands deep, is for JSON to read', (_, begin, end, depth) => {
  const row = JSON.stringify(ZHANG).replace('70000000001', begin.repeat(depth) + 1 + end.repeat(depth));
  const body = bytesOf(`{"data":[${row}],"err_code":0}`);
  const read = createBodyReader();
  for (const time of [1, 2]) {
    const { envelope, people } = read(body);
    expect([time, people, peopleIn(envelope)]).toEqual([time, undefined, [decodePerson(ZHANG)]]);
  }
});

it('an answer with a field of megabytes is for JSON to read', () => {
  const long = { ...ZHANG, avatar_url: '\n'.repeat(4 * 1024 * 1024) };
  const { envelope, people } = readerOf(ZHANG)(bytesOf(answerOf(long)));
  expect([people, peopleIn(envelope)]).toEqual([undefined, [decodePerson(long)]]);
});

it.each(['name.default', 'name.zh_cn', 'name.en_us', 'name', '', '__proto__'])(
  'an answer with a field named %j, wherever it is, tells the same of a person',
  (field) => {
    const rows = [{ [field]: 'x' }, { [field]: { default: 'x', zh_cn: 'x', en_us: 'x' } }, { more: { [field]: 'x' } }];
    for (const more of rows.flatMap((row) => [row, { name: { ...row, default: 'y' } }])) {
      const row = bytesOf(answerOf({ user_key: '1', ...more }));
      const read = createBodyReader();
      read(row);
      const [person] = read(row).people ?? [];
      expect(person && fieldsOf(person)).toEqual(parsed(row)?.people[0]);
    }
  },
);
