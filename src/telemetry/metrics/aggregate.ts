import { AggregatorRegistry } from 'prom-client';

/** The figures of several processes as those of one, as Prometheus reads them. @param snapshots of each process. */
export function aggregateMetrics(snapshots: object[][]): Promise<string> {
  return AggregatorRegistry.aggregate(snapshots).metrics();
}
