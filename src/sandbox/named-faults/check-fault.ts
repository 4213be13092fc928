import { type FaultInterface, type FaultScope, SCOPE_PARAMETERS } from './fault-scope.ts';
import { FaultSpecError } from './fault-spec-error.ts';
import { FAULT_NAMES, FAULTS, type FaultName } from './fault-table.ts';
import type { NamedFault } from './named-fault.ts';
import type { Parameter, Parameters } from './parameter.ts';

/** A fault as it was asked for, read and found right. */
export interface CheckedFault {
  readonly name: FaultName;
  readonly fault: NamedFault;
  /** Every parameter, with the defaults filled in. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly scope: FaultScope & { readonly interface: FaultInterface };
}

/**
 * Reads a `FaultSpec` that came from outside: from JSON, or with every value as text from a flag.
 *
 * @param where what a mistake begins with, to tell this fault from others: `--fault latency:ms=x` or `[1]`.
 * @param mistakes takes every mistake found; then nothing is returned.
 */
export function checkFault(input: unknown, where: string, mistakes: string[]): CheckedFault | undefined {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    mistakes.push(`${where}: expected an object like {"name": "latency", "ms": 2000}, got ${show(input)}.`);
    return undefined;
  }
  const { name, ...given } = input as Readonly<Record<string, unknown>>;
  if (!isFaultName(name)) {
    const came = name === undefined ? 'no name' : show(name);
    mistakes.push(`${where}: name: expected one of ${FAULT_NAMES.join(', ')}, got ${came}.`);
    return undefined;
  }

  const fault = FAULTS[name] as NamedFault;
  const found: string[] = [];
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(fault.parameters, key) || Object.hasOwn(SCOPE_PARAMETERS, key)) continue;
    const known = [...Object.keys(fault.parameters), ...Object.keys(SCOPE_PARAMETERS)];
    found.push(`${show(key)}: ${name} takes ${known.join(', ')}.`);
  }
  const values = readAll(given, fault.parameters, found);
  const scope = readAll(given, SCOPE_PARAMETERS, found) as FaultScope;
  const face = scope.interface ?? fault.defaultInterface ?? 'user_query';
  if (scope.kind && face === 'plugin_token') {
    found.push(
      `kind: expected interface user_query or both beside it, got plugin_token: a call for a token names nobody.`,
    );
  }
  mistakes.push(...found.map((mistake) => `${where}: ${mistake}`));
  return found.length > 0 ? undefined : { name, fault, values, scope: { ...scope, interface: face } };
}

/** Faults on at once. */
export const MAX_FAULTS = 100;

/**
 * Reads one fault or a list of them.
 *
 * @throws FaultSpecError with the mistakes of all of them.
 */
export function checkFaults(specs: unknown): CheckedFault[] {
  const mistakes: string[] = [];
  const list: readonly unknown[] = Array.isArray(specs) ? specs : [specs];
  expectAtMost(MAX_FAULTS, list.length);
  const checked = list.map((spec, at) => checkFault(spec, Array.isArray(specs) ? `[${at}]` : 'fault', mistakes));
  if (mistakes.length > 0) throw new FaultSpecError(mistakes);
  return checked.filter((fault) => fault !== undefined);
}

export function expectAtMost(limit: number, count: number): void {
  if (count > limit) throw new FaultSpecError([`Expected at most ${limit} faults at once, got ${count}.`]);
}

function isFaultName(name: unknown): name is FaultName {
  return typeof name === 'string' && Object.hasOwn(FAULTS, name);
}

function readAll(given: Readonly<Record<string, unknown>>, parameters: Parameters, mistakes: string[]) {
  const entries = Object.entries(parameters).map(([key, parameter]) => [
    key,
    Object.hasOwn(given, key) ? readOne(key, given[key], parameter, mistakes) : byDefault(key, parameter, mistakes),
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Record<string, unknown>;
}

function readOne(key: string, value: unknown, parameter: Parameter<unknown>, mistakes: string[]): unknown {
  const read = parameter.read(value);
  if (read === undefined) mistakes.push(`${key}: expected ${parameter.expected}, got ${show(value)}.`);
  return read;
}

function byDefault(key: string, parameter: Parameter<unknown>, mistakes: string[]): unknown {
  if (parameter.isRequired) mistakes.push(`${key}: expected ${parameter.expected}, got none.`);
  return parameter.default;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
