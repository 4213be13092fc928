import { type Clock, monotonicClock } from '../policies/clock.ts';
import { watch } from './watch.ts';

/** A worker that has been started. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Resolves with its address once it listens. Never rejects: what cannot listen ends. */
  readonly listening: Promise<string>;
  readonly ended: Promise<WorkerEnd>;
  /** Resolves when it answers: of one that is too young to be asked, when it is not any more. */
  answers(): Promise<unknown>;
  /** Asks it to finish what is in flight, and to end. */
  stop(): void;
  kill(): void;
}

export interface WorkerEnd {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  /** Why, in words for people, where it could say so. */
  readonly reason?: string | undefined;
}

/** What happens to the workers, for the log. */
export type WorkerEvent =
  | { readonly type: 'listening'; readonly worker: number; readonly pid: number | undefined }
  /** Without having been asked to. It is started again after `pauseMs`; undefined where nobody has listened yet. */
  | ({ readonly type: 'crashed'; readonly worker: number; readonly pauseMs: number | undefined } & WorkerEnd)
  /** It answered nothing for half a minute, also since it was started, and is killed: it crashes next. */
  | { readonly type: 'silent'; readonly worker: number }
  /** It did not stop when it should have. */
  | { readonly type: 'killed'; readonly worker: number };

export interface SupervisorOptions {
  workers: number;
  /** @param worker 1 or more; the same again when it is started again. */
  start(worker: number): WorkerProcess;
  onEvent(event: WorkerEvent): void;
  /** @default the process' monotonic clock */
  clock?: Clock | undefined;
}

export interface Supervisor {
  /** Resolves with the address once the first worker listens. @throws Error where all have ended before that. */
  readonly listening: Promise<string>;
  /** Stops all of them, in order. Rejects where one had to be killed. @param withinMs how long they may take. */
  stop(withinMs: number): Promise<void>;
  /** Ends all of them at once. */
  kill(): void;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** One that ran for so long was well: when it ends, that is nothing that goes on. */
const WELL_AFTER_MS = 60_000;

/**
 * Keeps so many workers running: one that crashes is started again, after a pause that grows as long as it crashes soon. One that
 * hangs is killed, which is a crash.
 */
export function createSupervisor({ workers, start, onEvent, clock = monotonicClock }: SupervisorOptions): Supervisor {
  const running = new Map<number, WorkerProcess>();
  /** How to end the watch over each. */
  const watches = new Map<number, () => void>();
  const restarts = new Map<number, NodeJS.Timeout>();
  /** Ended before anybody listened: whatever is wrong may be so for all of them. */
  const waiting: number[] = [];
  let hasListened = false;
  let isStopping = false;
  let onFirst: (url: string) => void = () => {};
  let onNone: (reason: Error) => void = () => {};
  const listening = new Promise<string>((resolve, reject) => {
    onFirst = resolve;
    onNone = reject;
  });

  for (let worker = 1; worker <= workers; worker++) run(worker, FIRST_PAUSE_MS);

  return {
    listening,
    async stop(withinMs) {
      beginStop();
      const ends = [...running.values()].map(({ ended }) => ended);
      for (const { stop } of running.values()) stop();
      let killed = 0;
      const timer = setTimeout(() => {
        for (const [worker, { kill }] of running) {
          killed++;
          onEvent({ type: 'killed', worker });
          kill();
        }
      }, withinMs);
      await Promise.all(ends);
      clearTimeout(timer);
      if (killed > 0) throw new Error(`${killed} of ${workers} workers did not stop in time.`);
    },
    kill() {
      beginStop();
      for (const { kill } of running.values()) kill();
    },
  };

  /** From here on, how long a worker may take is for `stop` to say. */
  function beginStop(): void {
    isStopping = true;
    for (const timer of restarts.values()) clearTimeout(timer);
    for (const endWatch of watches.values()) endWatch();
  }

  function run(worker: number, pauseMs: number): void {
    const startedAt = clock();
    const process = start(worker);
    running.set(worker, process);
    const onSilent = () => {
      onEvent({ type: 'silent', worker });
      process.kill();
    };
    watches.set(worker, watch(process.answers, onSilent));
    void noteListening(worker, process);
    void noteEnd(worker, process, { startedAt, pauseMs });
  }

  async function noteListening(worker: number, { pid, listening: itsUrl }: WorkerProcess): Promise<void> {
    const url = await itsUrl;
    onEvent({ type: 'listening', worker, pid });
    hasListened = true;
    onFirst(url);
    for (const other of waiting.splice(0)) runAfter(FIRST_PAUSE_MS, other);
  }

  async function noteEnd(
    worker: number,
    process: WorkerProcess,
    of: { startedAt: number; pauseMs: number },
  ): Promise<void> {
    const end = await process.ended;
    running.delete(worker);
    watches.get(worker)?.();
    if (isStopping) return;
    const pauseMs = clock() - of.startedAt >= WELL_AFTER_MS ? FIRST_PAUSE_MS : of.pauseMs;
    onEvent({ type: 'crashed', worker, pauseMs: hasListened ? pauseMs : undefined, ...end });
    if (hasListened) runAfter(pauseMs, worker);
    else waiting.push(worker);
    if (!hasListened && running.size === 0) onNone(new Error(end.reason ?? diedAtStart(workers, end)));
  }

  function runAfter(pauseMs: number, worker: number): void {
    const restart = () => {
      restarts.delete(worker);
      run(worker, Math.min(2 * pauseMs, LONGEST_PAUSE_MS));
    };
    restarts.set(worker, setTimeout(restart, pauseMs));
  }
}

const diedAtStart = (workers: number, { exitCode, signal }: WorkerEnd) =>
  `None of ${workers} workers could start: the last ended with ${signal ?? exitCode}. What it wrote before that says why.`;
