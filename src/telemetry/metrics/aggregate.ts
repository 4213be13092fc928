import { AggregatorRegistry } from 'prom-client';

/** The figures of several processes as those of one, as Prometheus reads them. @param snapshots of each process. */
export function aggregateMetrics(snapshots: object[][]): Promise<string> {
  return AggregatorRegistry.aggregate(snapshots).metrics();
}

/** A snapshot of what several processes have counted, to go on from when they are gone; without gauges, which tell of now. */
export function sumOfCounts(snapshots: object[][]): object[] {
  const counts = snapshots.map((metrics) =>
    metrics.filter((metric) => 'type' in metric && (metric.type === 'counter' || metric.type === 'histogram')),
  );
  const sums = AggregatorRegistry.aggregate(counts).getMetricsAsArray();
  // As what a process tells: functions do not get to another process.
  return sums.map((metric) =>
    Object.fromEntries(Object.entries(metric).filter(([, value]) => typeof value !== 'function')),
  );
}
