import { describe, expect, it } from 'vitest';
import { createFailureLog } from '../../src/telemetry/event-log.ts';
import { createEventBus, type EventOf } from '../../src/telemetry/events.ts';
import { createLog } from '../../src/telemetry/log.ts';

type Outcome = EventOf<'upstream-call'>['outcome'];

/** The failure log on a manual clock, in milliseconds. */
function failureLog() {
  const lines: string[] = [];
  const fields: object[] = [];
  let now = 0;
  const log = createLog({
    level: 'trace',
    write(entry) {
      lines.push(`${entry.level} ${entry.message}`);
      fields.push(entry.fields);
    },
  });
  const emit = createEventBus({
    subscribers: [createFailureLog(log, () => now)],
    onError(error) {
      throw error;
    },
  });
  return {
    lines,
    fields,
    pass: (ms: number) => {
      now += ms;
    },
    call: (outcome: Outcome, errCode?: number) =>
      emit({ type: 'upstream-call', kind: 'key', identifiers: 1, outcome, errCode, durationMs: 1, logId: 'LOG1' }),
    renewal: (outcome: 'renewed' | 'UPSTREAM_UNAUTHENTICATED' | 'UPSTREAM_UNAVAILABLE', isProxy?: boolean) =>
      emit({ type: 'token-renewal', outcome, isProxy, durationMs: 1 }),
  };
}

describe('a failure of the user API', () => {
  it('is logged once at its start and once at its end', () => {
    const { call, pass, lines, fields } = failureLog();
    for (let failures = 0; failures < 100; failures++) {
      call('UPSTREAM_UNAVAILABLE', 50006);
      pass(100);
    }
    pass(5_000);
    call('answered');
    call('answered');
    expect(lines).toEqual(['warn Calls to the user API fail.', 'info Calls to the user API succeed again.']);
    expect(fields).toEqual([
      { outcome: 'UPSTREAM_UNAVAILABLE', errCode: 50006, logId: 'LOG1', failures: 1, durationMs: 0 },
      { failures: 100, durationMs: 15_000 },
    ]);
  });

  it('names the proxy if the proxy fails, until a token is renewed through it', () => {
    const { renewal, lines } = failureLog();
    renewal('UPSTREAM_UNAVAILABLE', true);
    renewal('UPSTREAM_UNAVAILABLE', true);
    renewal('renewed');
    expect(lines).toEqual([
      'warn The proxy to the user API is unreachable or opens no tunnel. Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.',
      'info The proxy to the user API opens tunnels again.',
    ]);
  });

  it('lasts while calls alternately fail and succeed', () => {
    const { call, pass, lines } = failureLog();
    for (let calls = 0; calls < 100; calls++) {
      call('UPSTREAM_TIMEOUT');
      call('answered');
      pass(100);
    }
    expect(lines).toEqual(['warn Calls to the user API fail.']);
  });

  it('is logged again once a minute while it lasts', () => {
    const { call, pass, lines, fields } = failureLog();
    for (let seconds = 0; seconds < 150; seconds++) {
      call('UPSTREAM_UNAVAILABLE');
      pass(1_000);
    }
    expect(lines).toHaveLength(3);
    expect(fields).toMatchObject([{ failures: 1 }, { failures: 61 }, { failures: 121 }]);
  });

  it.each<[Outcome, number | undefined, string]>([
    ['UPSTREAM_RATE_LIMITED', 10429, 'warn The user API rate-limits calls.'],
    ['UPSTREAM_UNAUTHENTICATED', 10022, 'warn The user API rejects the token.'],
    ['UPSTREAM_FORBIDDEN', 10301, 'warn The plugin lacks a permission or setting.'],
    ['UPSTREAM_BAD_RESPONSE', undefined, 'warn Calls to the user API fail.'],
    ['UPSTREAM_REJECTED', 20004, 'error The user API rejects a malformed call.'],
    ['UPSTREAM_REJECTED', 20005, 'error The user API rejects a malformed call.'],
    ['UPSTREAM_REJECTED', 10430, 'error The user API rejects a malformed call.'],
  ])('%s with err_code %s is logged as: %s', (outcome, errCode, line) => {
    const { call, lines } = failureLog();
    call(outcome, errCode);
    expect(lines).toEqual([line]);
  });

  it('starts with a token that is not renewed and ends with the next renewal', () => {
    const { renewal, call, pass, lines } = failureLog();
    renewal('UPSTREAM_UNAUTHENTICATED');
    renewal('UPSTREAM_UNAUTHENTICATED');
    pass(10_000);
    call('answered');
    expect(lines).toEqual(['warn The plugin token cannot be renewed.']);
    renewal('renewed');
    expect(lines.slice(1)).toEqual(['info The plugin token is renewed again.']);
  });

  it('is not logged for a rejected identifier or a client disconnect', () => {
    const { call, lines } = failureLog();
    call('UPSTREAM_REJECTED', 20006);
    call('cancelled');
    call('answered');
    expect(lines).toEqual([]);
  });
});
