import type { GatewayOptions } from '../../src/gateway-options.ts';
import { post } from '../support/gateway-with-sandbox.ts';
import { clockThatJumps, quickGateway, ZHANG_SAN } from './strike.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** A gateway that knows one person, whose minute in memory is over. */
export async function afterAMinute(gateway: Partial<GatewayOptions> = {}) {
  const time = clockThatJumps();
  const harness = await quickGateway({ clock: time.clock, ...gateway });
  const ask = async (fields = `user(key: "${ZHANG_SAN}") { nameEn }`, headers: Record<string, string> = {}) => {
    const response = await post(
      harness.gateway,
      { query: `{ ${fields} }` },
      { 'x-lookup-receipt': 'true', ...headers },
    );
    const { extensions, ...answer } = await response.json();
    return { answer, stale: extensions.receipt.stale, header: response.headers.get('x-lookup-stale') };
  };
  await ask();
  time.jump(MINUTE_MS + 1);
  harness.sandbox.clearCalls();
  return { ...harness, ...time, ask };
}
