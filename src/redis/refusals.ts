import type { RedisCommandKind } from '../telemetry/events.ts';

/** Notices that Redis answers, and does not take what is asked of it: commands of one kind may be refused while others are not. */
export interface Refusals {
  /** To be called with each answer. */
  taken(kind: RedisCommandKind): void;
  refused(kind: RedisCommandKind): void;
  /** True where so many of one kind were refused in a row that it is no accident. */
  areMany(): boolean;
  /** To be called when it is away: nobody knows what comes back. */
  clear(): void;
}

const MANY = 5;

/** @param onChange called when they become many, and when they are over. */
export function createRefusals(onChange: (areMany: boolean) => void): Refusals {
  const inARow = new Map<RedisCommandKind, number>();
  let areMany = false;

  return {
    taken(kind) {
      if (inARow.delete(kind)) look();
    },
    refused(kind) {
      inARow.set(kind, (inARow.get(kind) ?? 0) + 1);
      look();
    },
    areMany: () => areMany,
    clear() {
      inARow.clear();
      areMany = false;
    },
  };

  function look(): void {
    const now = [...inARow.values()].some((times) => times >= MANY);
    if (now === areMany) return;
    areMany = now;
    onChange(areMany);
  }
}
