import { describe, expect, it } from 'vitest';
import { traceIdOf } from '../../src/http/request-log.ts';

const ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

describe('the trace id of a request', () => {
  it.each([`00-${ID}-${PARENT}-01`, `00-${ID}-${PARENT}-00`, `cc-${ID}-${PARENT}-01-what-comes-later`])(
    'is taken from traceparent: %s',
    (header) => {
      expect(traceIdOf(header)).toBe(ID);
    },
  );

  it.each([
    null,
    '',
    'zhangsan@example.com',
    `00-${ID}-${PARENT}`,
    `00-${ID}-${PARENT}-01-more`,
    `ff-${ID}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${ID}-${'0'.repeat(16)}-01`,
    `00-${ID.toUpperCase()}-${PARENT}-01`,
    `00-${ID}-${PARENT}-01, 00-${ID}-${PARENT}-01`,
    `cc-${ID}-${PARENT}-01-zhangsan@example.com`,
  ])('is not taken from anything else: %s', (header) => {
    expect(traceIdOf(header)).toBeUndefined();
  });
});
