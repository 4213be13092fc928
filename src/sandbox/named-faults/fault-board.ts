import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, RawReply, ReceivedCall } from '../faults.ts';
import type { Reply } from '../reply.ts';
import { type CheckedFault, checkFaults, expectAtMost, MAX_FAULTS } from './check-fault.ts';
import { isInScope } from './fault-scope.ts';
import type { FaultName, FaultSpec } from './fault-table.ts';
import type { FaultSurroundings, Verdict } from './named-fault.ts';

/** A fault that was started, with its parameters and scope beside these facts. */
export interface FaultStatus {
  readonly name: FaultName;
  readonly isOn: boolean;
  /** Calls it struck so far. */
  readonly struck: number;
  /** Only where it was started for a number of calls. */
  readonly callsLeft?: number;
  /** Only where it was started for a time; milliseconds. */
  readonly msLeft?: number;
  readonly [parameter: string]: unknown;
}

/** The faults of one sandbox. */
export interface SandboxFaults {
  /**
   * Switches on one fault or several, behind those that are on already.
   *
   * @throws FaultSpecError with all mistakes; then none of them is started.
   */
  start(specs: FaultSpec | readonly FaultSpec[]): void;
  /** What is on, in the order it was started, and behind it the latest 20 that ended by themselves. */
  list(): FaultStatus[];
  /** Ends all and forgets them. A call that was struck before stays as it is: what hangs goes on hanging. */
  clear(): void;
}

export interface FaultBoardOptions extends FaultSurroundings {
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

interface StartedFault extends CheckedFault {
  readonly startedAt: number;
  /** Calls in its scope, struck or not. */
  seen: number;
  struck: number;
}

/** How many of those that ended by themselves are still told. */
const MAX_ENDED = 20;

/**
 * Keeps the named faults and lets them decide about calls, in the order they were started: the first that strikes decides
 * what the call gets, those behind it neither see nor count the call. Waits are the exception: all of them add up.
 */
export function createFaultBoard(options: FaultBoardOptions): SandboxFaults & { readonly decide: Fault } {
  const { now, random } = options;
  let started: readonly StartedFault[] = [];
  let ended: readonly StartedFault[] = [];

  const endThoseThatAreOver = (): void => {
    const over = started.filter((fault) => isOver(fault, now()));
    if (over.length === 0) return;
    started = started.filter((fault) => !over.includes(fault));
    ended = [...ended, ...over].slice(-MAX_ENDED);
  };

  const strike = (fault: StartedFault, call: ReceivedCall, answer: () => Reply): Verdict => {
    const { calls = Number.POSITIVE_INFINITY, every = 1, share = 1 } = fault.scope;
    if (fault.struck >= calls || !isInScope(fault.scope, call)) return undefined;
    fault.seen += 1;
    if (fault.seen % every !== 0 || (share < 1 && random() >= share)) return undefined;
    const verdict = fault.fault.strike(fault.values, { ...options, call, answer });
    if (verdict !== undefined) fault.struck += 1;
    return verdict;
  };

  return {
    start(specs) {
      const checked = checkFaults(specs);
      endThoseThatAreOver();
      expectAtMost(MAX_FAULTS, started.length + checked.length);
      const startedAt = now();
      started = [...started, ...checked.map((fault) => ({ ...fault, startedAt, seen: 0, struck: 0 }))];
    },

    list() {
      endThoseThatAreOver();
      const newestFirst = ended.toReversed();
      return [
        ...started.map((fault) => toStatus(fault, true, now())),
        ...newestFirst.map((fault) => toStatus(fault, false, now())),
      ];
    },

    clear() {
      started = [];
      ended = [];
    },

    async decide(call, answer) {
      endThoseThatAreOver();
      let waitMs = 0;
      let decided: Reply | RawReply | undefined;
      for (const fault of started) {
        if (decided && fault.name !== 'latency') continue;
        const verdict = strike(fault, call, answer);
        if (verdict !== undefined && 'waitMs' in verdict) waitMs += verdict.waitMs;
        else decided ??= verdict;
      }
      decided ??= answer();
      // Whoever hung up need not be waited for, nor a sandbox that closes.
      if (waitMs > 0) await delay(waitMs, undefined, { signal: call.signal }).catch(() => {});
      return decided;
    },
  };
}

function isOver({ scope, struck, startedAt }: StartedFault, now: number): boolean {
  return (
    (scope.calls !== undefined && struck >= scope.calls) ||
    (scope.forMs !== undefined && now - startedAt >= scope.forMs)
  );
}

function toStatus({ name, values, scope, struck, startedAt }: StartedFault, isOn: boolean, now: number): FaultStatus {
  return {
    name,
    ...values,
    ...scope,
    isOn,
    struck,
    ...(scope.calls === undefined ? {} : { callsLeft: scope.calls - struck }),
    ...(scope.forMs === undefined ? {} : { msLeft: Math.max(0, Math.ceil(scope.forMs - (now - startedAt))) }),
  };
}
