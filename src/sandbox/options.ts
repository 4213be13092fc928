import type { FaultSpec } from './named-faults/fault-table.ts';
import { MAX_MADE_UP_PEOPLE, OWN_TENANT_KEY } from './people.ts';
import type { SandboxPerson } from './person.ts';

export interface SandboxOptions {
  /** How many made-up people (0 to 1,000,000), or the people themselves (see `loadPeople`). @default 1000 */
  people?: number | readonly SandboxPerson[];
  /** @default '127.0.0.1' */
  host?: string;
  /** 0 takes any free port. @default 0 */
  port?: number;
  /** @default 'MII_SANDBOX' */
  pluginId?: string;
  /** @default 'sandbox-secret' */
  pluginSecret?: string;
  /** The plugin's own tenant: where e-mails are searched without a tenant_key, and people without one are. @default 'tenant_example_com' */
  ownTenantKey?: string;
  /** @default 7200 [sdk] */
  tokenLifetimeSeconds?: number;
  /** Calls of the user query with one token in any sliding second; the next is 429/10429. @default 15 [err] */
  callsPerSecond?: number;
  /** Waited before each reply of the two interfaces. @default 0 */
  latencyMs?: number;
  /** False answers every query with 10301, as if the plugin lacked the permission. @default true */
  permissionGranted?: boolean;
  /** True answers a query without X-USER-KEY with 20039. The vendor does not require it with plugin identity [doc]. @default false */
  requireUserKey?: boolean;
  /** Faults that are on from the start, see `Sandbox.faults`. @default none */
  faults?: readonly FaultSpec[];
  /** Monotonic clock in milliseconds, for token lifetimes, the rate limit, the call log and `forMs`. @default performance.now */
  now?: () => number;
  /** Evenly spread from 0 to below 1, for faults: whom a `share` strikes, jitter, the order of rows. @default Math.random */
  random?: () => number;
}

/** @throws RangeError naming the option, what it takes and what came. */
export function resolveOptions(options: SandboxOptions): Required<SandboxOptions> {
  const resolved = {
    people: options.people ?? 1000,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    pluginId: options.pluginId ?? 'MII_SANDBOX',
    pluginSecret: options.pluginSecret ?? 'sandbox-secret',
    ownTenantKey: options.ownTenantKey ?? OWN_TENANT_KEY,
    tokenLifetimeSeconds: options.tokenLifetimeSeconds ?? 7200,
    callsPerSecond: options.callsPerSecond ?? 15,
    latencyMs: options.latencyMs ?? 0,
    permissionGranted: options.permissionGranted ?? true,
    requireUserKey: options.requireUserKey ?? false,
    faults: options.faults ?? [],
    now: options.now ?? (() => performance.now()),
    random: options.random ?? Math.random,
  };
  if (typeof resolved.people === 'number') {
    expectRange('people', resolved.people, 0, MAX_MADE_UP_PEOPLE, Number.isInteger(resolved.people));
  }
  expectRange('port', resolved.port, 0, 65_535, Number.isInteger(resolved.port));
  expectRange('tokenLifetimeSeconds', resolved.tokenLifetimeSeconds, 0, Number.MAX_SAFE_INTEGER);
  expectRange('callsPerSecond', resolved.callsPerSecond, 0, Number.POSITIVE_INFINITY);
  expectRange('latencyMs', resolved.latencyMs, 0, 2 ** 31 - 1);
  return resolved;
}

function expectRange(name: keyof SandboxOptions, value: number, min: number, max: number, isWhole = true): void {
  if (value >= min && value <= max && isWhole) return;
  throw new RangeError(`The sandbox's option ${name} must be a number from ${min} to ${max}, got ${value}.`);
}
