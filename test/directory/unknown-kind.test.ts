import { describe, expect, it } from 'vitest';
import type { LookupKind } from '../../src/lookup-kinds.ts';
import type { GatewayEvent } from '../../src/telemetry/events.ts';
import { directoryOnFakeClock } from '../support/made-up-api.ts';

const REFUSED = {
  code: 'BAD_USER_INPUT',
  message: 'Expected one of the kinds key, outId, email, got another.',
};

describe.each(['user_key', 'toString', '', undefined, 7])('an unknown kind of lookup: %o', (unknown) => {
  const kind = unknown as LookupKind;

  it('is an error of each identifier: nothing rejects, and no call leaves', async () => {
    const events: GatewayEvent[] = [];
    const { directory, calls } = directoryOnFakeClock({ telemetry: (event) => events.push(event) });
    const found = await directory.lookup({ kind, identifiers: ['k1', ''] });
    expect(found).toEqual([expect.objectContaining(REFUSED), expect.objectContaining(REFUSED)]);
    expect(directory.find({ kind, identifiers: ['k1'] })).toEqual([expect.objectContaining(REFUSED)]);
    expect(calls).toEqual([]);
    // It would be a label of metrics.
    expect(events).toEqual([]);
  });

  it('is no user to forget', () => {
    const { directory } = directoryOnFakeClock();
    expect(() => directory.forget({ kind, identifier: 'k1' })).toThrow(expect.objectContaining(REFUSED));
  });
});
