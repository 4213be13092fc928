import { describe, expect, it } from 'vitest';
import { createFaultLog, createLog } from '../../src/telemetry/log.ts';
import { keptLog } from '../support/kept-log.ts';

describe('an internal error of the gateway', () => {
  it('is logged at once, then every ten seconds with its count', () => {
    const { log, entries } = keptLog();
    let now = 0;
    const logFault = createFaultLog(createLog(log), () => now);
    const fault = new Error('secret');
    for (; now < 25_000; now += 100) logFault(fault);
    expect(entries.map(({ level, fields }) => [level, fields.failures])).toEqual([
      ['error', 1],
      ['error', 100],
      ['error', 100],
    ]);
  });

  it('does not hide another one', () => {
    const { log, entries } = keptLog();
    const logFault = createFaultLog(createLog(log), () => 0);
    logFault(new Error('one'));
    logFault(new TypeError('two'));
    expect(entries).toHaveLength(2);
  });

  it('is logged again after 1,000 others: counts are bounded', () => {
    const { log, entries } = keptLog();
    const logFault = createFaultLog(createLog(log), () => 0);
    const withCode = (code: number) => Object.assign(new Error('many'), { code: `CODE_${code}` });
    for (let code = 0; code < 1_001; code++) logFault(withCode(code));
    logFault(withCode(0));
    expect(entries).toHaveLength(1_002);
  });
});
