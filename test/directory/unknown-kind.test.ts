import { describe, expect, it } from 'vitest';
import type { GatewayEvent } from '../../src/telemetry/events.ts';
import type { LookupKind } from '../../src/upstream/user-query.ts';
import { directoryOnFakeClock } from '../support/made-up-api.ts';

const REFUSED = {
  code: 'BAD_USER_INPUT',
  message: 'Expected one of the kinds key, outId, email, got another.',
};

describe.each(['user_key', 'toString', '', undefined, 7])('a kind of look-up that there is not: %o', (unknown) => {
  const kind = unknown as LookupKind;

  it('is the trouble of each identifier: nothing rejects, and nobody is asked', async () => {
    const events: GatewayEvent[] = [];
    const { directory, calls } = directoryOnFakeClock({ telemetry: (event) => events.push(event) });
    const found = await directory.lookup({ kind, identifiers: ['k1', ''] });
    expect(found).toEqual([expect.objectContaining(REFUSED), expect.objectContaining(REFUSED)]);
    expect(directory.find({ kind, identifiers: ['k1'] })).toEqual([expect.objectContaining(REFUSED)]);
    expect(calls).toEqual([]);
    // It would be a label of metrics.
    expect(events).toEqual([]);
  });

  it('names nobody who could be forgotten', () => {
    const { directory } = directoryOnFakeClock();
    expect(() => directory.forget({ kind, identifier: 'k1' })).toThrow(expect.objectContaining(REFUSED));
  });
});
