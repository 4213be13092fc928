import { describe, expect, it } from 'vitest';
import { FAULT_NAMES } from '../../src/sandbox/named-faults/fault-table.ts';
import { type FaultSpec, FaultSpecError, faultHelp, readFaultTexts } from '../../src/sandbox/sandbox.ts';
import { ANY_PORTS, runCli } from '../support/run-cli.ts';
import { openSandbox } from './sandbox-client.ts';

function mistakesIn(...texts: string[]): readonly string[] {
  try {
    readFaultTexts(texts);
  } catch (error) {
    if (error instanceof FaultSpecError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('A fault as text', () => {
  it.each<[string, FaultSpec]>([
    ['hang', { name: 'hang' }],
    ['latency:ms=2000,share=0.2', { name: 'latency', ms: 2000, share: 0.2 }],
    ['error:code=50006,onHttp200=true,calls=10', { name: 'error', code: 50006, onHttp200: true, calls: 10 }],
    ['rate-limit:retryAfter=3,forMs=5000', { name: 'rate-limit', retryAfter: 3, forMs: 5000 }],
    ['rate-limit: retryAfter=none , as=date', { name: 'rate-limit', retryAfter: 'none', as: 'date' }],
    ['poison:identifiers=1,identifiers=2', { name: 'poison', identifiers: ['1', '2'] }],
    ['poison:identifiers=a@b.c', { name: 'poison', identifiers: ['a@b.c'] }],
    ['redirect:location=http://x.invalid/?a=b', { name: 'redirect', location: 'http://x.invalid/?a=b' }],
    ['{"name": "trailing-text", "text": "a,b"}', { name: 'trailing-text', text: 'a,b' }],
  ])('%s starts the same fault as its JSON', async (text, spec) => {
    const [fromText, fromSpec] = [await openSandbox({ now: () => 0 }), await openSandbox({ now: () => 0 })];
    fromText.sandbox.faults.start(readFaultTexts([text]));
    fromSpec.sandbox.faults.start(spec);
    expect(fromText.sandbox.faults.list()).toEqual(fromSpec.sandbox.faults.list());
  });

  it('is refused with every mistake in all of them', () => {
    expect(
      mistakesIn('latency:ms=,share=x', 'hang', 'hang:calls', 'nope:ms=1', '{"name"', 'html:status=99,status=98'),
    ).toEqual([
      '--fault latency:ms=,share=x: ms: expected a whole number from 0 to 3600000, got "".',
      '--fault latency:ms=,share=x: share: expected a number from 0 to 1, got "x".',
      '--fault hang:calls: expected parameter=value, got "calls".',
      `--fault nope:ms=1: name: expected one of ${FAULT_NAMES.join(', ')}, got "nope".`,
      expect.stringMatching(/^--fault {"name": expected JSON behind the brace, got /),
      '--fault html:status=99,status=98: status: expected a whole number from 200 to 599, got ["99","98"].',
    ]);
  });

  it('is explained, every fault of them', () => {
    for (const name of FAULT_NAMES) expect(faultHelp()).toMatch(new RegExp(`^ {2}${name} +\\S`, 'm'));
  });
});

describe('The flag --fault', () => {
  it('switches faults on, and the first lines say so', async () => {
    const cli = runCli(['sandbox', '--port', '0', '--fault', 'html:status=503', '--fault', 'latency:ms=1']);
    expect(await cli.until('Faults: ')).toMatch(/Faults: http\S+\/_sandbox\/faults {3}\(on: html, latency\)/);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(cli.stdout())?.[0];
    expect((await fetch(`${url}/open_api/user/query`, { method: 'POST', body: '{}' })).status).toBe(503);
  });

  it('ends with 2 and every mistake, also those of other flags', async () => {
    const cli = runCli(['sandbox', '--port', 'x', '--fault', 'latncy', '--fault', 'error:code=x'], ANY_PORTS);
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toContain('The configuration has 3 mistakes:\n');
    for (const text of ['--port: ', '--fault latncy: name: ', '--fault error:code=x: code: ']) {
      expect(cli.stderr()).toContain(text);
    }
  });

  it('is explained by --help', async () => {
    const cli = runCli(['sandbox', '--help']);
    expect(await cli.ended).toBe(0);
    expect(cli.stdout()).toContain(faultHelp());
  });
});
