/** Tells when something is to be ended. Any AbortSignal does. */
export interface CancelSignal {
  readonly aborted: boolean;
  /** Why, once it is to be ended. */
  readonly reason: unknown;
  /** @param onAbort called at most once, and never where it is to be ended already. */
  addEventListener(type: 'abort', onAbort: () => void): void;
  removeEventListener(type: 'abort', onAbort: () => void): void;
}

export interface Cancel {
  readonly signal: CancelSignal;
  /** Only the first time counts. */
  abort(reason: unknown): void;
}

/** An AbortController for calls, of which there are many: to listen to a real one takes longer than all else that is done for a call. */
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
      const told = listeners;
      listeners = [];
      for (const onAbort of told) onAbort();
    },
  };
}
