import { SCOPE_PARAMETERS } from './fault-scope.ts';
import { FAULT_NAMES, FAULTS } from './fault-table.ts';
import type { NamedFault } from './named-fault.ts';
import type { Parameter } from './parameter.ts';

/** Every fault in two lines: what it does, and what it takes. */
export function faultHelp(): string {
  const faults = FAULT_NAMES.map((name) => {
    const { about, parameters, defaultInterface } = FAULTS[name] as NamedFault;
    const takes = Object.entries(parameters).map(([key, parameter]) => describe(key, parameter));
    if (defaultInterface) takes.push(`interface=${defaultInterface}`);
    return `  ${name.padEnd(21)} ${about}${takes.length > 0 ? `\n${' '.repeat(24)}${takes.join(', ')}` : ''}`;
  });
  return `Faults, each as name or name:parameter=value,parameter=value (the defaults are shown; other choices stand behind |):
${faults.join('\n')}

Each also takes ${Object.keys(SCOPE_PARAMETERS).join(', ')}: the number of calls it strikes, their share (0 to 1), every n-th of
them, how long from now; user_query (unless said otherwise), plugin_token or both; only user_keys, out_ids or emails.
`;
}

function describe(key: string, { default: byDefault, expected, options }: Parameter<unknown>): string {
  if (byDefault === undefined) return `${key}=<${expected}>`;
  const shown = typeof byDefault === 'string' ? byDefault : JSON.stringify(byDefault);
  return `${key}=${[shown, ...(options ?? []).filter((option) => option !== shown)].join('|')}`;
}
