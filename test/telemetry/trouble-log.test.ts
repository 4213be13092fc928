import { describe, expect, it } from 'vitest';
import type { GatewayEvent } from '../../src/telemetry/events.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createTroubleLog } from '../../src/telemetry/trouble-log.ts';

type Outcome = Extract<GatewayEvent, { type: 'upstream-call' }>['outcome'];

/** The log of troubles on a clock that is set by hand, in milliseconds. */
function troubles() {
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
  const observe = createTroubleLog(log, () => now);
  return {
    lines,
    fields,
    pass: (ms: number) => {
      now += ms;
    },
    call: (outcome: Outcome, errCode?: number) =>
      observe({ type: 'upstream-call', kind: 'key', identifiers: 1, outcome, errCode, durationMs: 1, logId: 'LOG1' }),
    renewal: (outcome: 'renewed' | 'UPSTREAM_UNAUTHENTICATED' | 'UPSTREAM_UNAVAILABLE', isProxy?: boolean) =>
      observe({ type: 'token-renewal', outcome, isProxy, durationMs: 1 }),
  };
}

describe('trouble with the user API', () => {
  it('is told once when it begins and once when it is over, whatever fails in between', () => {
    const { call, pass, lines, fields } = troubles();
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

  it('is told of the proxy where that is why, until a token comes through it', () => {
    const { renewal, lines } = troubles();
    renewal('UPSTREAM_UNAVAILABLE', true);
    renewal('UPSTREAM_UNAVAILABLE', true);
    renewal('renewed');
    expect(lines).toEqual([
      'warn The proxy towards the user API cannot be reached, or opens no tunnel. Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.',
      'info The proxy towards the user API opens tunnels again.',
    ]);
  });

  it('is not over while one call fails and the next succeeds', () => {
    const { call, pass, lines } = troubles();
    for (let calls = 0; calls < 100; calls++) {
      call('UPSTREAM_TIMEOUT');
      call('answered');
      pass(100);
    }
    expect(lines).toEqual(['warn Calls to the user API fail.']);
  });

  it('is told again once a minute while it lasts', () => {
    const { call, pass, lines, fields } = troubles();
    for (let seconds = 0; seconds < 150; seconds++) {
      call('UPSTREAM_UNAVAILABLE');
      pass(1_000);
    }
    expect(lines).toHaveLength(3);
    expect(fields).toMatchObject([{ failures: 1 }, { failures: 61 }, { failures: 121 }]);
  });

  it.each<[Outcome, number | undefined, string]>([
    ['UPSTREAM_RATE_LIMITED', 10429, 'warn The user API says "too many calls".'],
    ['UPSTREAM_UNAUTHENTICATED', 10022, 'warn The user API refuses the token.'],
    ['UPSTREAM_FORBIDDEN', 10301, 'warn The user API lacks a permission or setting of the plugin.'],
    ['UPSTREAM_BAD_RESPONSE', undefined, 'warn Calls to the user API fail.'],
    ['UPSTREAM_REJECTED', 20004, 'error The user API says that the gateway called it wrongly.'],
    ['UPSTREAM_REJECTED', 20005, 'error The user API says that the gateway called it wrongly.'],
    ['UPSTREAM_REJECTED', 10430, 'error The user API says that the gateway called it wrongly.'],
  ])('%s with error %s is told as: %s', (outcome, errCode, line) => {
    const { call, lines } = troubles();
    call(outcome, errCode);
    expect(lines).toEqual([line]);
  });

  it('begins with a token that is not renewed, and ends with the first that is', () => {
    const { renewal, call, pass, lines } = troubles();
    renewal('UPSTREAM_UNAUTHENTICATED');
    renewal('UPSTREAM_UNAUTHENTICATED');
    pass(10_000);
    call('answered');
    expect(lines).toEqual(['warn The user API does not renew the token.']);
    renewal('renewed');
    expect(lines.slice(1)).toEqual(['info The token is renewed again.']);
  });

  it('is not what one malformed identifier, or a client that hangs up, brings about', () => {
    const { call, lines } = troubles();
    call('UPSTREAM_REJECTED', 20006);
    call('cancelled');
    call('answered');
    expect(lines).toEqual([]);
  });
});
