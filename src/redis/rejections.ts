import type { RedisCommandKind } from '../telemetry/events.ts';

/** Detects that a reachable Redis rejects commands: of one kind, while it may accept others. */
export interface Rejections {
  /** Call with each reply. */
  accepted(kind: RedisCommandKind): void;
  rejected(kind: RedisCommandKind): void;
  /** True where several commands of one kind were rejected in a row. */
  areMany(): boolean;
  /** Call when Redis is away: another server may come back. */
  clear(): void;
}

const MANY = 5;

/** @param onChange called when they become many, and when they end. */
export function createRejections(onChange: (areMany: boolean) => void): Rejections {
  const consecutive = new Map<RedisCommandKind, number>();
  let areMany = false;

  return {
    accepted(kind) {
      if (consecutive.delete(kind)) update();
    },
    rejected(kind) {
      consecutive.set(kind, (consecutive.get(kind) ?? 0) + 1);
      update();
    },
    areMany: () => areMany,
    clear() {
      consecutive.clear();
      areMany = false;
    },
  };

  function update(): void {
    const now = [...consecutive.values()].some((times) => times >= MANY);
    if (now === areMany) return;
    areMany = now;
    onChange(areMany);
  }
}
