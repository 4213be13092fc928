export interface HedgeOptions {
  /** How long the first attempt may be silent before a second is made in parallel, in milliseconds. */
  afterMs: number;
  /** Aborts both. */
  signal: AbortSignal;
}

/**
 * Makes a second attempt in parallel to a silent first one. The first to succeed counts, and the other is aborted.
 * @throws the error of the last attempt; at once where the first fails before there is a second.
 */
export function hedged<T>(attempt: (signal: AbortSignal) => Promise<T>, options: HedgeOptions): Promise<T> {
  const { afterMs, signal } = options;
  const over = new AbortController();
  return new Promise((resolve, reject) => {
    let inFlight = 0;
    const start = () => {
      inFlight++;
      attempt(AbortSignal.any([signal, over.signal])).then(
        (value) => end(() => resolve(value)),
        (error: Error) => {
          inFlight--;
          if (inFlight === 0) end(() => reject(error));
        },
      );
    };
    const silence = setTimeout(start, afterMs);
    const end = (settle: () => void) => {
      clearTimeout(silence);
      settle();
      over.abort();
    };
    start();
  });
}
