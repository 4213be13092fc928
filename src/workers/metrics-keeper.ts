import { z } from 'zod';
import { sumOfCounts } from '../telemetry/prometheus.ts';

const snapshot = z.array(z.looseObject({ name: z.string(), type: z.string(), values: z.array(z.unknown()) }));

/** Keeps what workers have told of their metrics, so that no count goes down when one of them is gone, or is silent. */
export interface MetricsKeeper {
  /** In place of what this worker has told before. @throws ZodError where it is not a snapshot. */
  keep(owner: string, answer: unknown): void;
  /** The worker is gone: what it has counted stays, how it was does not. */
  release(owner: string): void;
  /** The last snapshot of each worker, and one of all that are gone. */
  all(): object[][];
}

export function createMetricsKeeper(): MetricsKeeper {
  const last = new Map<string, object[]>();
  let gone: object[] | undefined;

  return {
    keep: (owner, answer) => void last.set(owner, snapshot.parse(answer)),
    release(owner) {
      const its = last.get(owner);
      if (!its) return;
      last.delete(owner);
      // One for all of them: it does not grow with each that crashes.
      gone = sumOfCounts(gone ? [gone, its] : [its]);
    },
    all: () => [...last.values(), ...(gone ? [gone] : [])],
  };
}
