import { bodyFaults } from './body-faults.ts';
import { connectionFaults } from './connection-faults.ts';
import { envelopeFaults } from './envelope-faults.ts';
import type { FaultScope } from './fault-scope.ts';
import type { NamedFault } from './named-fault.ts';
import type { ValuesOf } from './parameter.ts';
import { refusalFaults } from './refusal-faults.ts';
import { rowFaults } from './row-faults.ts';
import { sizeFaults } from './size-faults.ts';
import { timingFaults } from './timing-faults.ts';
import { tokenFaults } from './token-faults.ts';

/** Every fault that can be switched on by its name, in the order of the help. */
export const FAULTS = {
  ...timingFaults,
  ...connectionFaults,
  ...bodyFaults,
  ...sizeFaults,
  ...refusalFaults,
  ...tokenFaults,
  ...envelopeFaults,
  ...rowFaults,
} as const;

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

type ParametersOf<N extends FaultName> = (typeof FAULTS)[N] extends NamedFault<infer P> ? Partial<ValuesOf<P>> : never;

/** A fault by its name, its parameters, and the calls it strikes: `{name: 'latency', ms: 2000, share: 0.2}`. */
export type FaultSpec = { [N in FaultName]: { readonly name: N } & ParametersOf<N> & FaultScope }[FaultName];
