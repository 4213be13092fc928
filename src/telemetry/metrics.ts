import { Registry } from 'prom-client';
import type { Telemetry } from './events.ts';
import { createLookUpMetrics } from './metrics/look-up-metrics.ts';
import { createMeters } from './metrics/meters.ts';
import { createProcessMetrics } from './metrics/process-metrics.ts';
import { createRedisMetrics } from './metrics/redis-metrics.ts';
import { createRequestMetrics } from './metrics/request-metrics.ts';
import { createStateMetrics, type GatewayState } from './metrics/state-metrics.ts';
import { createUpstreamMetrics } from './metrics/upstream-metrics.ts';

export interface MetricsOptions {
  /** Of this product. */
  version: string;
  /** Asked at each scrape. */
  state(): GatewayState;
  /** What `err_code` of the user API can be. Others are counted together. */
  errCodes: ReadonlySet<number>;
  /** The figures of this process and others together, as Prometheus reads them. @default those of this process */
  gather?: (() => Promise<string>) | undefined;
}

/** The figures of one gateway, for Prometheus. No label ever holds what a client or the user API has chosen. */
export interface Metrics {
  readonly observe: Telemetry;
  /** As Prometheus reads them. */
  text(): Promise<string>;
  readonly contentType: string;
  /**
   * As JSON, for prom-client's `AggregatorRegistry.aggregate`, which puts those of several worker processes together. Each gauge
   * tells what becomes of its values then.
   */
  snapshot(): Promise<object[]>;
  dispose(): void;
}

/** A registry of its own, so that a process can hold several gateways, and whatever else counts. */
export function createMetrics({ version, state, errCodes, gather }: MetricsOptions): Metrics {
  const registry = new Registry();
  const meters = createMeters(registry);
  const listeners = [
    createRequestMetrics(meters),
    createLookUpMetrics(meters),
    createUpstreamMetrics(meters, errCodes),
    createRedisMetrics(meters),
  ];
  const readState = createStateMetrics(meters, state);
  const ofProcess = createProcessMetrics(registry);
  meters
    .gauge('build_info', '1, with the version of the gateway and of Node.', 'max', ['version', 'node_version'])
    .set({ version, node_version: process.version }, 1);

  return {
    observe(event) {
      for (const listen of listeners) listen(event);
    },
    text() {
      if (gather) return gather();
      refresh();
      return registry.metrics();
    },
    contentType: registry.contentType,
    snapshot() {
      refresh();
      return registry.getMetricsAsJSON();
    },
    dispose() {
      ofProcess.dispose();
      registry.clear();
    },
  };

  function refresh(): void {
    readState();
    ofProcess.refresh();
  }
}
