import type { RawReply, ReceivedCall } from '../faults.ts';
import type { SandboxPerson } from '../person.ts';
import type { Reply } from '../reply.ts';
import type { Tokens } from '../tokens.ts';
import type { FaultInterface } from './fault-scope.ts';
import type { Parameters, ValuesOf } from './parameter.ts';

/** What faults may use of the sandbox they are in. */
export interface FaultSurroundings {
  readonly tokens: Pick<Tokens, 'expireAll'>;
  readonly people: readonly SandboxPerson[];
  readonly ownTenantKey: string;
  /** Evenly spread from 0 to below 1. */
  readonly random: () => number;
}

/** One call that a fault is about to strike. */
export interface Incident extends FaultSurroundings {
  readonly call: ReceivedCall;
  /** The true answer, see `Fault`. */
  readonly answer: () => Reply;
}

/** The call gets what it would get anyway, so much later. */
export interface Wait {
  readonly waitMs: number;
}

/** Undefined where the fault finds nothing to spoil in this call: then the next one may. */
export type Verdict = Reply | RawReply | Wait | undefined;

export interface NamedFault<P extends Parameters = Parameters> {
  /** One line for the help, without a full stop. */
  readonly about: string;
  /** The calls it strikes unless told otherwise. @default 'user_query' */
  readonly defaultInterface?: FaultInterface;
  readonly parameters: P;
  strike(values: ValuesOf<P>, incident: Incident): Verdict;
}

/** Ties the type of a fault's values to its parameters. */
export function defineFault<const P extends Parameters>(fault: NamedFault<P>): NamedFault<P> {
  return fault;
}
