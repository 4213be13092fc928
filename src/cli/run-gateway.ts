import { setFlagsFromString } from 'node:v8';
import type { Config } from '../config/config.ts';
import { type Credential, hasMadeUpPeople } from '../config/upstream-choice.ts';
import { createGateway } from '../gateway.ts';
import type { ExamplePeople } from '../http/browsers/example-tabs.ts';
import { close, createServer, drain, listen } from '../http/server.ts';
import type { SharedState } from '../shared-state.ts';
import type { JsonLines } from './json-lines.ts';

/** All that a process needs to serve: plain data, so that it can be handed to another process. */
export interface Setup {
  readonly config: Config;
  readonly credential: Credential;
  /** Users of the examples. */
  readonly examples: ExamplePeople;
}

export interface Running {
  readonly url: string;
  /** Where `/metrics` is. */
  readonly metricsUrl: string;
  /** Finishes what is in flight, and ends. */
  stop(): Promise<void>;
}

/** What a worker shares with others. */
interface SharedDependencies {
  readonly shared?: SharedState | undefined;
  /** The metrics of all of them. */
  readonly gatherMetrics?: (() => Promise<string>) | undefined;
  /** Called with how to read those of this process. */
  onMetrics?(snapshot: () => Promise<object[]>): void;
}

/** Serves the gateway from this process. */
export async function runGateway(
  { config, credential, examples }: Setup,
  lines: JsonLines,
  { shared, gatherMetrics, onMetrics }: SharedDependencies = {},
): Promise<Running> {
  keepRequestsYoung();
  const { showsGraphiql, ...exposure } = config.exposure;
  const gateway = createGateway(
    {
      ...credential,
      ...config.limits,
      ...config.callers,
      ...exposure,
      redis: config.redis,
      graphiql: showsGraphiql ? examples : undefined,
      people: hasMadeUpPeople(config.upstream) ? 'made-up' : 'real',
      metrics: config.metricsPort === undefined ? true : 'apart',
      gatherMetrics,
      log: lines,
    },
    shared,
  );
  if (gateway.metrics) onMetrics?.(gateway.metrics.snapshot);
  const server = createServer(gateway);
  const { host, port, metricsPort } = config;
  const metricsServer = metricsPort === undefined || !gateway.metrics ? undefined : createServer(gateway.metrics);
  const stop = async () => {
    gateway.beginShutdown();
    if (server.listening) await drain(server, { ...config.shutdown, onCut: gateway.beginTermination });
    // To the end, so that it can be seen how the end was.
    if (metricsServer?.listening) await close(metricsServer, config.shutdown.graceMs);
    await gateway.dispose();
  };
  try {
    const url = await listen(server, { host, port, portSetting: 'PORT' });
    const metricsUrl =
      metricsServer && (await listen(metricsServer, { host, port: metricsPort ?? 0, portSetting: 'METRICS_PORT' }));
    return { url, metricsUrl: metricsUrl ?? url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Has V8 keep young whatever is made for a request. From requests that wait for the user API it learns that such objects live long,
 * and makes them where only a full collection looks; there each keeps alive what it points to. Without that, up to a quarter less
 * time goes into an answer. To be called before the first request.
 */
function keepRequestsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
