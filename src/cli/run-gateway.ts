import type { Config } from '../config/config.ts';
import { type Credential, hasMadeUpPeople } from '../config/upstream-choice.ts';
import { createGateway } from '../gateway.ts';
import type { ExamplePeople } from '../http/browsers/example-tabs.ts';
import { createServer, drain, listen } from '../http/server.ts';
import type { SharedState } from '../shared-state.ts';
import type { JsonLines } from './json-lines.ts';

/** All that a process needs to serve: plain data, so that it can be handed to another process. */
export interface Setup {
  readonly config: Config;
  readonly credential: Credential;
  /** Whom examples name. */
  readonly examples: ExamplePeople;
}

export interface Running {
  readonly url: string;
  /** Finishes what is in flight, and ends. */
  stop(): Promise<void>;
}

/** Serves the gateway from this process. @param shared what it has in common with others. */
export async function runGateway(
  { config, credential, examples }: Setup,
  lines: JsonLines,
  shared?: SharedState,
): Promise<Running> {
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
      log: lines,
    },
    shared,
  );
  const server = createServer(gateway);
  const stop = async () => {
    gateway.beginShutdown();
    if (server.listening) await drain(server, config.shutdown);
    await gateway.dispose();
  };
  try {
    const url = await listen(server, { host: config.host, port: config.port, portSetting: 'PORT' });
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
