/** The part of AbortSignal that calls use. */
export interface CancelSignal {
  readonly aborted: boolean;
  /** Why, once it is aborted. */
  readonly reason: unknown;
  /** @param onAbort called at most once, and never where it is aborted already. */
  addEventListener(type: 'abort', onAbort: () => void): void;
  removeEventListener(type: 'abort', onAbort: () => void): void;
}

export interface Cancel {
  readonly signal: CancelSignal;
  /** Only the first call counts. */
  abort(reason: unknown): void;
}

/** A light AbortController: adding a listener to a real one costs more than everything else that a call does. */
export function createCancel(): Cancel {
  let listeners: readonly (() => void)[] = [];
  const signal = {
    aborted: false,
    reason: undefined as unknown,
    addEventListener(_: 'abort', onAbort: () => void) {
      if (!signal.aborted) listeners = [...listeners, onAbort];
    },
    removeEventListener(_: 'abort', onAbort: () => void) {
      listeners = listeners.filter((one) => one !== onAbort);
    },
  };
  return {
    signal,
    abort(reason) {
      if (signal.aborted) return;
      signal.aborted = true;
      signal.reason = reason;
      const notified = listeners;
      listeners = [];
      for (const onAbort of notified) onAbort();
    },
  };
}
