import cluster from 'node:cluster';
import { ListenError } from '../http/server.ts';
import { aggregateMetrics } from '../telemetry/prometheus.ts';
import { createChannel } from '../workers/channel.ts';
import { wireToPrimary } from '../workers/wire.ts';
import { createWorkerState } from '../workers/worker-state.ts';
import { createJsonLines } from './json-lines.ts';
import { type Running, runGateway } from './run-gateway.ts';
import { LIFE_CHANNEL, STOP_ORDER, startOrder, type WorkerSays } from './worker-life.ts';

/** A scrape of Prometheus waits for ten seconds. */
const METRICS_WITHIN_MS = 3_000;

/** Runs one of several processes that serve the gateway, until the primary that started it stops it. */
export async function worker(): Promise<void> {
  if (!cluster.isWorker) throw new Error('This command is for "serve" with WORKERS, which starts it by itself.');
  // A terminal sends them to all processes; the primary stops this one.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

  const wire = wireToPrimary();
  let running: Running | undefined;
  let flushed = async () => {};
  const life = createChannel(wire, LIFE_CHANNEL, {
    // Any answer shows that it is alive.
    onAsk: () => null,
    onTell(message) {
      if (message === STOP_ORDER) void stop();
    },
  });
  const say = (says: WorkerSays) => life.ask(says);

  const answer = await say({ says: 'here' });
  if (answer === STOP_ORDER) process.exit(0);
  const { worker: number, setup } = startOrder.parse(answer);
  const lines = createJsonLines(setup.config.logLevel, number);
  ({ flushed } = lines);
  try {
    const state = createWorkerState({ wire, workers: setup.config.workers });
    // In Redis it is kept for several machines; this then hears questions only.
    running = await runGateway(setup, lines, {
      shared: setup.config.redis ? undefined : state,
      async gatherMetrics() {
        const { answers } = await state.askAll({ about: 'metrics', body: null }, METRICS_WITHIN_MS);
        return aggregateMetrics(answers as object[][]);
      },
      onMetrics: (snapshot) => state.onQuestion('metrics', snapshot),
    });
    lines.endWithUncaught();
    const { url, metricsUrl } = running;
    await say({ says: 'listening', url, metricsUrl });
  } catch (error) {
    if (error instanceof ListenError) lines.say('error', `A worker could not start. ${error.message}`);
    else lines.sayFault('error', 'A worker could not start.', error);
    await flushed();
    await say({ says: 'failed', reason: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  }

  async function stop(): Promise<void> {
    await running?.stop();
    await flushed();
    process.exit(0);
  }
}
