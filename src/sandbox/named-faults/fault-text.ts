import { checkFault } from './check-fault.ts';
import { FaultSpecError } from './fault-spec-error.ts';
import type { FaultSpec } from './fault-table.ts';

/**
 * Reads faults as flags write them: `latency`, `latency:ms=2000,share=0.2`, a list by repeating its parameter
 * (`poison:identifiers=1,identifiers=2`), or JSON where a value holds a comma.
 *
 * @throws FaultSpecError with the mistakes of all of them.
 */
export function readFaultTexts(texts: readonly string[]): FaultSpec[] {
  const mistakes: string[] = [];
  const specs = texts.map((text) => {
    const where = `--fault ${text}`;
    const spec = text.trimStart().startsWith('{')
      ? parseJson(text, where, mistakes)
      : parseCompact(text, where, mistakes);
    if (spec !== undefined) checkFault(spec, where, mistakes);
    return spec;
  });
  if (mistakes.length > 0) throw new FaultSpecError(mistakes);
  return specs as unknown as FaultSpec[];
}

function parseJson(text: string, where: string, mistakes: string[]): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    mistakes.push(`${where}: expected JSON behind the brace, got ${(error as Error).message}.`);
    return undefined;
  }
}

function parseCompact(text: string, where: string, mistakes: string[]): unknown {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const values = new Map<string, string | string[]>([['name', name.trim()]]);
  for (const pair of colon < 0 ? [] : text.slice(colon + 1).split(',')) {
    const equals = pair.indexOf('=');
    const key = pair.slice(0, equals).trim();
    if (equals < 0 || key === 'name') {
      mistakes.push(`${where}: expected parameter=value, got ${JSON.stringify(pair)}.`);
      continue;
    }
    const value = pair.slice(equals + 1).trim();
    const before = values.get(key);
    values.set(key, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(values);
}
