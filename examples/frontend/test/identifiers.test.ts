import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Identifier, inOperations, kindOf, readIdentifiers } from '../src/identifiers.ts';

const valuesOf = (text: string) => readIdentifiers(text).identifiers.map(({ value }) => value);

describe('what somebody pastes', () => {
  it.each([
    ['an address', 'zhangsan@example.com', 'email'],
    ['an out id', 'on_95bed66540d1f1f6b2e8b4f0f7d5d1c2', 'outId'],
    ['a user key', '7000000000000000001', 'key'],
    ['a sign-in name', 'zhangsan', 'key'],
    ['an address that begins like an out id', 'on_call@example.com', 'email'],
  ])('%s is told by its form', (_, value, kind) => {
    expect(kindOf(value)).toBe(kind);
  });

  it('is taken apart at any separator, however many there are', () => {
    const text =
      ' a@b.c,7000000000000000001;on_1\n\n7000000000000000002\t7000000000000000003，x@y.z；on_2、on_3\u3000on_4\r\n;; ';
    expect(valuesOf(text)).toEqual([
      'a@b.c',
      '7000000000000000001',
      'on_1',
      '7000000000000000002',
      '7000000000000000003',
      'x@y.z',
      'on_2',
      'on_3',
      'on_4',
    ]);
  });

  it.each([
    [
      'a list of a mail program',
      '"San, Zhang" <zhangsan@example.com>; Li Si <lisi@example.com>',
      ['zhangsan@example.com', 'lisi@example.com'],
    ],
    ['a name in Chinese', '张三 <zhangsan@example.com>', ['zhangsan@example.com']],
    [
      'a key in front of a name',
      '7000000000000000001 Li Si <lisi@example.com>',
      ['7000000000000000001', 'lisi@example.com'],
    ],
    ['an array in JSON', '["7000000000000000001", "lisi@example.com"]', ['7000000000000000001', 'lisi@example.com']],
    ['links', 'mailto:lisi@example.com <mailto:zhangsan@example.com>', ['lisi@example.com', 'zhangsan@example.com']],
  ])('may come as %s', (_, text, values) => {
    expect(valuesOf(text)).toEqual(values);
  });

  it('is asked for once, and the repeats are counted; addresses have no letter case, out ids have', () => {
    expect(readIdentifiers('A@b.c a@B.c on_X on_x 1 1')).toEqual({
      identifiers: [
        { kind: 'email', value: 'A@b.c' },
        { kind: 'outId', value: 'on_X' },
        { kind: 'outId', value: 'on_x' },
        { kind: 'key', value: '1' },
      ],
      repeats: 2,
    });
  });

  it('is found whole, whatever stands between', () => {
    const identifier = fc.oneof(
      fc.stringMatching(/^7[0-9]{18}$/),
      fc.stringMatching(/^on_[0-9a-f]{8}$/),
      fc.stringMatching(/^[a-z0-9.]{1,8}[a-z]@[a-z]{1,8}\.com$/),
    );
    const separator = fc.stringMatching(/^[ ,;，；、\n\t]{1,4}$/);
    const pieces = fc.array(fc.tuple(identifier, separator), { maxLength: 50 });
    fc.assert(
      fc.property(pieces, (list) => {
        const text = list.map(([value, between]) => value + between).join('');
        expect(valuesOf(text)).toEqual([...new Set(list.map(([value]) => value))]);
      }),
    );
  });
});

describe('operations', () => {
  it('hold at most 1,000 identifiers each, nobody twice, nobody left out', () => {
    const identifiers = Array.from({ length: 2_001 }, (_, at): Identifier => ({ kind: 'key', value: String(at) }));
    const operations = inOperations(identifiers);
    expect(operations.map(({ length }) => length)).toEqual([1_000, 1_000, 1]);
    expect(operations.flat()).toEqual(identifiers);
    expect(inOperations([])).toEqual([]);
  });
});
