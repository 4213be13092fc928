import { GatewayError } from '../errors.ts';
import type { Clock } from '../policies/clock.ts';
import { createPace } from '../policies/pace.ts';
import type { LookUp } from './look-up.ts';

/** Finds the one identifier for which the user API refuses a whole call, by asking for halves of it. */
export interface PoisonIsolation {
  /**
   * @param onGivenUp called for look-ups for which there are no calls left.
   * @returns the halves, each to be asked for in a call of its own after a pause.
   */
  halve(
    lookUps: readonly LookUp[],
    onGivenUp: (lookUp: LookUp, error: GatewayError) => void,
  ): { readonly group: readonly LookUp[]; readonly inMs: number }[];
}

/** About 2·log₂ 100 are needed for one identifier among 100. */
const CALLS_PER_BATCH = 20;
/** Over all batches, so that malformed values cannot use up the quota of everybody. */
const CALLS_PER_SECOND = 3;

export function createIsolation(clock: Clock): PoisonIsolation {
  const pace = createPace(CALLS_PER_SECOND, CALLS_PER_BATCH, clock);

  return {
    halve(lookUps, onGivenUp) {
      if (lookUps.length === 0) return [];
      const middle = Math.ceil(lookUps.length / 2);
      const halves = [lookUps.slice(0, middle), lookUps.slice(middle)].filter((half) => half.length > 0);
      const budget = lookUps[0]?.isolation ?? { callsLeft: CALLS_PER_BATCH };
      return halves.flatMap((group) => {
        const inMs = budget.callsLeft > 0 ? pace.nextTurn() : undefined;
        if (inMs === undefined) {
          for (const lookUp of group) onGivenUp(lookUp, notFoundOut());
          return [];
        }
        budget.callsLeft--;
        for (const lookUp of group) lookUp.isolation = budget;
        return [{ group, inMs }];
      });
    },
  };
}

const notFoundOut = () =>
  new GatewayError(
    'UPSTREAM_REJECTED',
    'The user API refuses a value that was asked for together with this one, and there are too many such values to find it.',
  );
