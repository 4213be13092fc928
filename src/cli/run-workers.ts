import cluster from 'node:cluster';
import { RateLimiterClusterMaster } from 'rate-limiter-flexible';
import { type Channel, createChannel } from '../workers/channel.ts';
import { createPrimary, type Primary } from '../workers/primary.ts';
import { createSupervisor, type WorkerEvent, type WorkerProcess } from '../workers/supervisor.ts';
import { type Wire, wireToWorker } from '../workers/wire.ts';
import type { JsonLines } from './json-lines.ts';
import type { Running, Setup } from './run-gateway.ts';
import {
  ARE_YOU_THERE,
  LIFE_CHANNEL,
  STOP_ORDER,
  type StartOrder,
  type WorkerSays,
  workerSays,
} from './worker-life.ts';

/** Longer than a worker takes that is well: it cuts by itself what does not finish. */
const STOPS_LATER_MS = 5_000;

/** Serves the gateway from several processes, on one port, with one quota and one token. */
export async function runWorkers(setup: Setup, lines: JsonLines): Promise<Running> {
  const { workers, limits, shutdown } = setup.config;
  if (!cluster.isPrimary) {
    throw new Error(
      `WORKERS is ${workers}, but this process is a worker of another program already. Set WORKERS to 1.`,
    );
  }
  const primary = createPrimary({ workers, callsPerSecond: limits.callsPerSecond ?? 15 });
  // Counts for the limiters of the workers. It hears them by itself.
  void new RateLimiterClusterMaster();
  cluster.setupPrimary({ exec: process.argv[1] ?? '', args: ['worker'], serialization: 'advanced' });

  let { port } = setup.config;
  let boundPort: number | undefined;
  let metricsUrl: string | undefined;
  const onMetricsUrl = (itsUrl: string) => {
    metricsUrl ??= itsUrl;
  };
  const supervisor = createSupervisor({
    workers,
    start(worker) {
      // PORT=0 is one free port for all that listen at a time. When none does any more, it has to be the same again.
      if (Object.keys(cluster.workers ?? {}).length === 0) port = boundPort ?? port;
      return startWorker({ worker, setup: { ...setup, config: { ...setup.config, port } } }, primary, onMetricsUrl);
    },
    onEvent: (event) => logEvent(event, lines),
  });
  process.once('exit', supervisor.kill);
  const url = await supervisor.listening;
  boundPort = Number(new URL(url).port);
  return {
    url,
    metricsUrl: metricsUrl ?? url,
    stop: () => supervisor.stop(shutdown.delayMs + shutdown.graceMs + STOPS_LATER_MS),
  };
}

function startWorker(order: StartOrder, primary: Primary, onMetricsUrl: (url: string) => void): WorkerProcess {
  const worker = cluster.fork();
  // A message that cannot be delivered any more; the end of the process is an event of its own.
  worker.on('error', () => {});
  const wire = wireToWorker(worker);
  const detach = primary.attach(String(worker.id), wire);
  let reason: string | undefined;
  let onListening: (url: string) => void = () => {};
  const talk = talkToWorker(wire, order, (message) => {
    if (message.says === 'failed') ({ reason } = message);
    else {
      onMetricsUrl(message.metricsUrl);
      onListening(message.url);
    }
  });
  return {
    pid: worker.process.pid,
    listening: new Promise((resolve) => {
      onListening = resolve;
    }),
    ended: new Promise((resolve) => {
      worker.once('exit', (exitCode, signal) => {
        detach();
        talk.close();
        // Node says `null` where there is none.
        resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined, reason });
      });
    }),
    answers: talk.answers,
    stop: talk.stop,
    kill: () => void worker.process.kill('SIGKILL'),
  };
}

function logEvent(event: WorkerEvent, lines: JsonLines): void {
  if (event.type === 'listening') {
    const { worker, pid } = event;
    lines.write({ level: 'info', message: 'A worker listens.', fields: { worker, pid } });
  } else if (event.type === 'silent') {
    const { worker } = event;
    lines.write({ level: 'error', message: 'A worker stopped responding and was killed.', fields: { worker } });
  } else if (event.type === 'killed') {
    const { worker } = event;
    lines.write({ level: 'error', message: 'A worker did not stop in time and was killed.', fields: { worker } });
  } else {
    const { worker, exitCode, signal, pauseMs, reason } = event;
    // It has written so itself.
    if (reason !== undefined && pauseMs === undefined) return;
    const message = pauseMs === undefined ? 'A worker could not start.' : 'A worker exited and is restarted.';
    lines.write({ level: 'error', message, fields: { worker, exitCode, signal, backoffMs: pauseMs } });
  }
}

/** The primary's end of the channel to one worker. */
interface TalkToWorker {
  /** Resolves when it answers, after its first message. Rejects when the channel has ended. */
  answers(): Promise<unknown>;
  /** Asks it to finish what is in flight, and to end. */
  stop(): void;
  close(): void;
}

/** @param onMessage called with each message of the worker but its first. */
export function talkToWorker(
  wire: Wire,
  order: StartOrder,
  onMessage: (message: Exclude<WorkerSays, { says: 'here' }>) => void,
): TalkToWorker {
  let isStopping = false;
  let hear = () => {};
  const isHere = new Promise<void>((resolve) => {
    hear = resolve;
  });
  const life: Channel = createChannel(wire, LIFE_CHANNEL, {
    onAsk(body) {
      const message = workerSays.parse(body);
      if (message.says === 'here') {
        hear();
        return isStopping ? STOP_ORDER : order;
      }
      onMessage(message);
      return null;
    },
    onTell() {},
  });
  return {
    async answers() {
      // What is sent to it before its first message is lost.
      await isHere;
      return life.ask(ARE_YOU_THERE);
    },
    stop() {
      isStopping = true;
      life.tell(STOP_ORDER);
    },
    close: life.close,
  };
}
