import type { Quota, Slot } from './quota.ts';

/** Those who want a slot of a quota, served in turn. */
export interface SlotQueue {
  /**
   * Hands over a slot when it is there: at the end of this turn of the event loop where the quota allows it now, so that
   * what else is asked in this turn can share the call; later, paced by the quota, where it does not.
   * @param onTurn calls `take` if there still is something to send; a turn not used goes to the next.
   */
  request(onTurn: (take: () => Slot) => void): void;
  /** How many wait. */
  readonly length: number;
  /** From here on nobody is served any more. */
  dispose(): void;
}

export function createSlotQueue(quota: Quota): SlotQueue {
  let waiting: ((take: () => Slot) => void)[] = [];
  let immediate: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isAsking = false;
  let isDisposed = false;

  return {
    request(onTurn) {
      if (isDisposed) return;
      waiting.push(onTurn);
      arm();
    },
    get length() {
      return waiting.length;
    },
    dispose() {
      isDisposed = true;
      waiting = [];
      clearImmediate(immediate);
      clearTimeout(timer);
    },
  };

  function arm(): void {
    if (waiting.length === 0 || immediate || timer || isAsking) return;
    const waitMs = quota.waitMs();
    if (typeof waitMs !== 'number') {
      isAsking = true;
      void waitMs.finally(() => {
        isAsking = false;
        arm();
      });
    } else if (waitMs <= 0) immediate = setImmediate(serve);
    else timer = setTimeout(serve, Math.ceil(waitMs));
  }

  function serve(): void {
    immediate = undefined;
    timer = undefined;
    // Asked again for each: a timer can fire early, and a slot that was free may be taken by now.
    while (waiting.length > 0 && quota.waitMs() === 0) waiting.shift()?.(() => quota.take());
    arm();
  }
}
