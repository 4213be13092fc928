import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Registry } from 'prom-client';
import { createMeters, setOrRemove } from './meters.ts';

export interface ProcessMetrics {
  /** Reads how the process is doing. What is told of its event loop is since the last time. */
  refresh(): void;
  dispose(): void;
}

const RESOLUTION_MS = 20;

/**
 * Process and event loop, under the names that all programs give them. prom-client has them too, but there they cannot be
 * ended: every gateway of a process would go on watching.
 */
export function createProcessMetrics(registry: Registry): ProcessMetrics {
  const meters = createMeters(registry, '');
  const cpu = meters.counter('process_cpu_seconds_total', 'Time on a processor, of user and system.');
  const resident = meters.gauge('process_resident_memory_bytes', 'Resident memory.', 'sum');
  const started = meters.gauge('process_start_time_seconds', 'When the process began, since 1970.', 'min');
  const files = meters.gauge(
    'process_open_fds',
    'Open files and connections; no value where that is not known.',
    'sum',
  );
  const heapUsed = meters.gauge('nodejs_heap_size_used_bytes', 'Memory of JavaScript in use.', 'sum');
  const heapTotal = meters.gauge('nodejs_heap_size_total_bytes', 'Memory of JavaScript.', 'sum');
  const lagMean = meters.gauge('nodejs_eventloop_lag_mean_seconds', 'How late timers were, on average.', 'average');
  const lagP99 = meters.gauge('nodejs_eventloop_lag_p99_seconds', 'How late timers were, but for 1 %.', 'max');
  const lagMost = meters.gauge('nodejs_eventloop_lag_max_seconds', 'How late timers were, at worst.', 'max');
  const utilization = meters.gauge(
    'nodejs_eventloop_utilization_ratio',
    'Part of the time in which the event loop was busy.',
    'average',
  );
  const startedAt = Date.now() / 1_000 - process.uptime();
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let spent = 0;
  let loop = performance.eventLoopUtilization();

  return {
    refresh() {
      const { user, system } = process.cpuUsage();
      const seconds = (user + system) / 1_000_000;
      cpu.inc(Math.max(0, seconds - spent));
      spent = seconds;
      started.set(startedAt);
      setOrRemove(files, countOpenFiles());
      const memory = process.memoryUsage();
      resident.set(memory.rss);
      heapUsed.set(memory.heapUsed);
      heapTotal.set(memory.heapTotal);
      lagMean.set(latenessOf(delays.mean));
      lagP99.set(latenessOf(delays.percentile(99)));
      lagMost.set(latenessOf(delays.max));
      delays.reset();
      const before = loop;
      loop = performance.eventLoopUtilization();
      utilization.set(performance.eventLoopUtilization(loop, before).utilization);
    },
    dispose: () => void delays.disable(),
  };
}

/** What is measured is the time between two ticks, in nanoseconds: not a number, or 0, before the second of them. */
const latenessOf = (nanoseconds: number): number => Math.max(0, (nanoseconds || 0) / 1e9 - RESOLUTION_MS / 1_000);

function countOpenFiles(): number | undefined {
  try {
    // One of them is the listing itself.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}
