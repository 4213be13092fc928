import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyText } from '../../src/upstream/transport.ts';

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** As TextDecoder reads it, which the web platform's tests hold to the standard. */
const asTheStandardSays = (bytes: Buffer) => new TextDecoder('utf-8').decode(bytes);

describe('the text of a body', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('张三', '\uFEFF', 'é', '😀', '"\\u00e9"', '\u2028'),
  );
  const wellFormed = fc.array(text).map((parts) => Buffer.from(parts.join('')));
  // Beginnings, middles and ends of characters without the rest, forms that are too long, halves of pairs, and beyond the last.
  const broken = fc
    .array(
      fc.oneof(
        fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
        text.map((part) => Buffer.from(part)),
        fc
          .constantFrom([0xe5, 0xbc], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff], [0xef, 0xbb])
          .map((bytes) => Buffer.from(bytes)),
      ),
    )
    .map((parts) => Buffer.concat(parts));
  const body = fc
    .tuple(fc.boolean(), fc.oneof(wellFormed, broken))
    .map(([hasMark, bytes]) => (hasMark ? Buffer.concat([BOM, bytes]) : bytes));

  it('is that of the standard, well-formed or not, with a mark at its beginning or without', () => {
    fc.assert(
      fc.property(body, (bytes) => {
        expect(bodyText(bytes)).toBe(asTheStandardSays(bytes));
      }),
      { numRuns: 5_000 },
    );
  });

  it('of nothing is empty', () => {
    expect(bodyText(Buffer.alloc(0))).toBe('');
    expect(bodyText(BOM)).toBe('');
  });
});
