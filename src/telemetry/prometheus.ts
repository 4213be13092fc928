import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { type Aggregator, AggregatorRegistry, Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** The prefix of all names, except the process metrics: these have the names that dashboards for Node expect. */
const PREFIX = 'lark_gateway_';

/** Creates the metrics of one registry. Label values must be a small fixed set. */
export interface Meters {
  counter<Label extends string = never>(name: string, help: string, labelNames?: readonly Label[]): Counter<Label>;
  /** @param buckets upper bounds, in the unit of the name. */
  histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames?: readonly Label[],
  ): Histogram<Label>;
  /**
   * Has no value until it is set.
   * @param aggregator how the values of several worker processes are combined.
   */
  gauge<Label extends string = never>(
    name: string,
    help: string,
    aggregator: Aggregator,
    labelNames?: readonly Label[],
  ): Gauge<Label>;
}

/** @param prefix @default 'lark_gateway_' */
export function createMeters(registry: Registry, prefix = PREFIX): Meters {
  const registers = [registry];
  return {
    counter: (name, help, labelNames = []) => new Counter({ name: prefix + name, help, labelNames, registers }),
    histogram: (name, help, buckets, labelNames = []) =>
      new Histogram({ name: prefix + name, help, buckets: [...buckets], labelNames, registers }),
    gauge(name, help, aggregator, labelNames = []) {
      const gauge = new Gauge({ name: prefix + name, help, aggregator, labelNames, registers });
      // prom-client starts gauges without labels at 0, which would report Redis as down where none is configured.
      if (labelNames.length === 0) gauge.remove();
      return gauge;
    },
  };
}

/** Sets a gauge, or removes its value. */
export function setOrRemove(gauge: Gauge, value: number | undefined): void {
  if (value === undefined) gauge.remove();
  else gauge.set(value);
}

/** Aggregates the metrics of several processes, in Prometheus' text format. @param snapshots one for each process. */
export function aggregateMetrics(snapshots: object[][]): Promise<string> {
  return AggregatorRegistry.aggregate(snapshots).metrics();
}

/** A snapshot of the sums of several processes that have exited. Gauges are left out: they describe the present. */
export function sumOfCounts(snapshots: object[][]): object[] {
  const counts = snapshots.map((metrics) =>
    metrics.filter((metric) => 'type' in metric && (metric.type === 'counter' || metric.type === 'histogram')),
  );
  const sums = AggregatorRegistry.aggregate(counts).getMetricsAsArray();
  // Functions cannot be sent to another process.
  return sums.map((metric) =>
    Object.fromEntries(Object.entries(metric).filter(([, value]) => typeof value !== 'function')),
  );
}

export interface ProcessMetrics {
  /** Reads the current values. Event loop figures cover the time since the last call. */
  refresh(): void;
  dispose(): void;
}

const RESOLUTION_MS = 20;

/**
 * Metrics of the process and its event loop, under their usual names. prom-client's `collectDefaultMetrics` cannot be stopped: each
 * gateway of a process would observe the event loop for ever.
 */
export function createProcessMetrics(registry: Registry): ProcessMetrics {
  const meters = createMeters(registry, '');
  const cpu = meters.counter('process_cpu_seconds_total', 'CPU time, user and system.');
  const resident = meters.gauge('process_resident_memory_bytes', 'Resident memory.', 'sum');
  const started = meters.gauge('process_start_time_seconds', 'Start time of the process, as Unix time.', 'min');
  const files = meters.gauge('process_open_fds', 'Open file descriptors; no value if unknown.', 'sum');
  const heapUsed = meters.gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', 'sum');
  const heapTotal = meters.gauge('nodejs_heap_size_total_bytes', 'JavaScript heap size.', 'sum');
  const lagMean = meters.gauge('nodejs_eventloop_lag_mean_seconds', 'Event loop lag, mean.', 'average');
  const lagP99 = meters.gauge('nodejs_eventloop_lag_p99_seconds', 'Event loop lag, 99th percentile.', 'max');
  const lagMax = meters.gauge('nodejs_eventloop_lag_max_seconds', 'Event loop lag, maximum.', 'max');
  const utilization = meters.gauge('nodejs_eventloop_utilization_ratio', 'Event loop utilization, 0 to 1.', 'average');
  const startedAt = Date.now() / 1_000 - process.uptime();
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let counted = 0;
  let loop = performance.eventLoopUtilization();

  return {
    refresh() {
      const { user, system } = process.cpuUsage();
      const seconds = (user + system) / 1_000_000;
      cpu.inc(Math.max(0, seconds - counted));
      counted = seconds;
      started.set(startedAt);
      setOrRemove(files, countOpenFiles());
      const memory = process.memoryUsage();
      resident.set(memory.rss);
      heapUsed.set(memory.heapUsed);
      heapTotal.set(memory.heapTotal);
      lagMean.set(lagSeconds(delays.mean));
      lagP99.set(lagSeconds(delays.percentile(99)));
      lagMax.set(lagSeconds(delays.max));
      delays.reset();
      const before = loop;
      loop = performance.eventLoopUtilization();
      utilization.set(performance.eventLoopUtilization(loop, before).utilization);
    },
    dispose: () => void delays.disable(),
  };
}

/** The histogram holds the time between two ticks in nanoseconds: NaN or 0 before the second tick. */
const lagSeconds = (nanoseconds: number): number => Math.max(0, (nanoseconds || 0) / 1e9 - RESOLUTION_MS / 1_000);

function countOpenFiles(): number | undefined {
  try {
    // One of them is the listing itself.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}
