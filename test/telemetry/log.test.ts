import { describe, expect, it, vi } from 'vitest';
import { faultStack } from '../../src/telemetry/fault-stack.ts';
import { createLog, faultsToStandardError, type LogEntry, type LogLevel } from '../../src/telemetry/log.ts';

const levels: LogEntry['level'][] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

function logAt(level?: LogLevel) {
  const entries: LogEntry[] = [];
  return { entries, log: createLog({ level, write: (entry) => entries.push(entry) }) };
}

describe('the log', () => {
  it.each<[LogLevel | undefined, LogEntry['level'][]]>([
    ['trace', levels],
    [undefined, ['info', 'warn', 'error', 'fatal']],
    ['warn', ['warn', 'error', 'fatal']],
    ['silent', []],
  ])('at level %s writes the levels %j', (level, taken) => {
    const { entries, log } = logAt(level);
    for (const one of levels) log(one, 'a sentence');
    expect(entries.map((entry) => entry.level)).toEqual(taken);
  });

  it('writes no field that is not in the allowlist, also nested in others', () => {
    const { entries, log } = logAt();
    const fields = { status: 200, email: 'a@b.c', nested: { deep: { email: 'a@b.c' } }, __proto__: { caller: 'x' } };
    log('info', 'a sentence', fields);
    expect(entries).toEqual([{ level: 'info', message: 'a sentence', fields: { status: 200 } }]);
  });

  it('writes no field whose format the allowlist does not accept', () => {
    const { entries, log } = logAt('trace');
    const strange = { toString: () => 'a@b.c', email: 'a@b.c' };
    const names =
      'requestId traceId endpoint method status durationMs caller operation outcome errors kind errCode logId stack identifiers'.split(
        ' ',
      );
    for (const value of ['zhangsan@example.com', 'Zhang San', strange, [strange], Number.NaN]) {
      log('info', 'a sentence', Object.fromEntries(names.map((name) => [name, value])));
    }
    expect(entries.map(({ fields }) => fields)).toEqual([{}, {}, { errors: {} }, { errors: {} }, {}]);
  });

  it('counts errors by code, and drops keys that are no code', () => {
    const { entries, log } = logAt();
    log('info', 'a sentence', { errors: { BAD_USER_INPUT: 2, 'a@b.c': 1, UPSTREAM_TIMEOUT: 'a@b.c' as never } });
    expect(entries[0]?.fields).toEqual({ errors: { BAD_USER_INPUT: 2 } });
  });

  it('rounds durations to a tenth of a millisecond', () => {
    const { entries, log } = logAt();
    log('info', 'a sentence', { durationMs: 12.3456 });
    expect(entries[0]?.fields).toEqual({ durationMs: 12.3 });
  });
});

describe('a gateway embedded in another program, without a log', () => {
  it('writes internal errors to standard error as text, and nothing else', () => {
    const written: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    const log = createLog(faultsToStandardError);
    for (const level of levels.slice(0, 4)) log(level, 'no fault');
    log('error', 'It failed.', { errCode: 20004, stack: faultStack(new RangeError('secret')) });
    vi.restoreAllMocks();
    expect(written).toEqual([expect.stringMatching(/^It failed\.\nerrCode 20004\nRangeError\n {4}at [\s\S]*\n$/)]);
  });
});
