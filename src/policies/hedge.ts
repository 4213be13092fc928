export interface HedgeOptions {
  /** How long the first attempt may be silent before a second is made beside it, in milliseconds. */
  afterMs: number;
  /** Ends both. */
  signal: AbortSignal;
}

/**
 * Makes a second attempt beside a silent first one. The first to succeed counts, and the other is ended.
 * @throws what the last of them failed with; at once where the first fails before there is a second.
 */
export function hedged<T>(attempt: (signal: AbortSignal) => Promise<T>, options: HedgeOptions): Promise<T> {
  const { afterMs, signal } = options;
  const over = new AbortController();
  return new Promise((resolve, reject) => {
    let underWay = 0;
    const start = () => {
      underWay++;
      attempt(AbortSignal.any([signal, over.signal])).then(
        (value) => end(() => resolve(value)),
        (error: Error) => {
          underWay--;
          if (underWay === 0) end(() => reject(error));
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
