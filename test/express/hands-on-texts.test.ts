import fc from 'fast-check';
import { type GraphQLObjectType, getNullableType, isEnumType, isLeafType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createSchema } from '../../src/schema/schema.ts';
import type { Person } from '../../src/upstream/person.ts';
import { createBodyReader } from '../../src/upstream/rows/body-reader.ts';
import { RowPerson, toPlainPerson } from '../../src/upstream/rows/row-person.ts';

/** Every way in which a field can be called, and by whom. */
function* callsOf(type: GraphQLObjectType) {
  for (const field of Object.values(type.getFields())) {
    const [arg] = field.args;
    const inner = arg && getNullableType(arg.type);
    const values = isEnumType(inner)
      ? inner.getValues().map(({ value }) => ({ [arg?.name ?? '']: value as unknown }))
      : [];
    for (const args of [{}, ...values]) for (const mayReadEmail of [true, false]) yield { field, args, mayReadEmail };
  }
}

describe('the fields of a type that says that it hands on texts', () => {
  const types = Object.values(createSchema().getTypeMap()).filter(isObjectType);
  const handing = types.filter(({ extensions }) => extensions.handsOnTexts);

  it('are those of people', () => {
    expect(handing.map(({ name }) => name)).toEqual(['User']);
  });

  const text = fc.oneof(
    fc.constantFrom(
      null,
      '',
      'activated',
      'resigned',
      'not known',
      '张三',
      'Zoë',
      'a@b.c',
      '张@b.c',
      'https://a/?b=c&d=e',
    ),
    fc.stringMatching(/^[ !#-[\]-~]{0,9}$/),
  );
  const identifier = fc.constantFrom(null, '', 'on_1', 'a@b.c');
  const row = fc.record({
    user_key: fc.constantFrom('700', 'a@b.c'),
    out_id: identifier,
    username: text,
    email: identifier,
    name_cn: text,
    name_en: text,
    avatar_url: text,
    status: text,
    name: fc.record({ default: text, zh_cn: text, en_us: text }),
  });

  it('say of texts as they are written what they say of the texts, written in the same way', () => {
    const read = createBodyReader();
    let compared = 0;
    fc.assert(
      fc.property(row, (one) => {
        const body = Buffer.from(JSON.stringify({ data: [one], err_code: 0 }).replaceAll('&', '\\u0026'));
        const person = (read(body).people ?? read(body).people)?.[0];
        if (!(person instanceof RowPerson)) return;
        for (const type of handing) {
          for (const { field, args, mayReadEmail } of callsOf(type)) {
            const leaf = getNullableType(field.type);
            const told = (whom: Person) => {
              const resolve = field.resolve as unknown as (...all: unknown[]) => unknown;
              const value = attempt(() => resolve(whom, args, { mayReadEmail }, {}));
              return typeof value === 'string' && isLeafType(leaf) ? leaf.serialize(value) : value;
            };
            const written = told(person.asWritten());
            const asText = typeof written === 'string' ? textOf(written) : written;
            expect([field.name, args, asText]).toEqual([field.name, args, told(toPlainPerson(person))]);
            compared++;
          }
        }
      }),
      { numRuns: 1_000, seed: 20261129 },
    );
    expect(compared).toBeGreaterThan(10_000);
  });
});

/** What JSON makes of it, as the client's does. */
const textOf = (written: string): unknown => JSON.parse(`"${Buffer.from(written, 'latin1').toString()}"`);

function attempt(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return (error as Error).message;
  }
}
