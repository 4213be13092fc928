import { readConfig } from '../../src/config/config.ts';
import type { GatewayOptions } from '../../src/gateway-options.ts';

/** What `NODE_ENV=production` makes of a gateway that sets nothing else, but for who may ask. */
export function productionDefaults(): Partial<GatewayOptions> {
  const { exposure, limits } = readConfig({ environment: { NODE_ENV: 'production', SANDBOX: 'true' } });
  const { showsGraphiql, ...options } = exposure;
  const examples = { key: '7000000000000000001', email: 'zhangsan@example.com', outId: 'on_1' };
  return { ...limits, ...options, graphiql: showsGraphiql ? examples : undefined };
}
