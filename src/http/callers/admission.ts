import { GatewayError } from '../../errors.ts';
import { type CallerLimiter, loadRateLimiters } from '../../policies/caller-limiter.ts';
import type { Caller } from './caller.ts';

export interface AdmissionOptions {
  /** Identifiers that one caller may name in a minute, cached ones and those of `/forget` too. @default no limit */
  readonly identifiersPerMinute?: number | undefined;
  /** Where they are counted. @default in this process */
  readonly limiter?: ((points: number, windowSeconds: number) => CallerLimiter) | undefined;
}

/** One operation that is about to run. */
export interface Admittance {
  readonly caller: Caller;
  /** How many identifiers it names. */
  readonly identifiers: number;
  /** How many e-mail addresses its answer can hold. */
  readonly addresses: number;
  /** The tenants that it names. */
  readonly tenants: ReadonlySet<string>;
}

/** Decides on an operation by its caller. @returns why it is refused; `undefined` where it may run. */
export type Admit = (operation: Admittance) => GatewayError | undefined | Promise<GatewayError | undefined>;

const WINDOW_SECONDS = 60;
/** Each address that a caller may not read makes an error; beyond this one error for all is enough. */
const MOST_REFUSED_ADDRESSES = 1_000;

/** Whether a caller may name these tenants, and so many users: without a limit the directory could be copied, address by address. */
export function createAdmission(options: AdmissionOptions): Admit {
  const { identifiersPerMinute, limiter: limiterOf = inThisProcess } = options;
  const limiter = identifiersPerMinute === undefined ? undefined : limiterOf(identifiersPerMinute, WINDOW_SECONDS);

  return function admit({ caller, identifiers, addresses, tenants }) {
    if (!caller.mayReadEmail && addresses > MOST_REFUSED_ADDRESSES) return tooManyRefused(addresses);
    const { tenantKeys } = caller;
    if (tenantKeys && ![...tenants].every((tenant) => tenantKeys.has(tenant))) {
      return new GatewayError('FORBIDDEN', 'The operation names a tenant that this caller may not ask for.');
    }
    return limiter && identifiers > 0 ? withinRate(limiter, caller, identifiers) : undefined;
  };
}

async function withinRate(limiter: CallerLimiter, caller: Caller, identifiers: number) {
  if (identifiers > limiter.points) return neverAllowed(limiter.points, identifiers);
  try {
    await limiter.consume(caller.name, identifiers);
    return undefined;
  } catch (error) {
    if (!(error instanceof loadRateLimiters().RateLimiterRes)) throw error;
    // A refused operation cost nothing: smaller ones may still fit.
    await limiter.reward(caller.name, identifiers);
    const left = limiter.points - (error.consumedPoints - identifiers);
    return rateLimited({ limit: limiter.points, left: Math.max(left, 0), got: identifiers }, error.msBeforeNext);
  }
}

const inThisProcess = (points: number, windowSeconds: number) =>
  new (loadRateLimiters().RateLimiterMemory)({ points, duration: windowSeconds });

const tooManyRefused = (got: number) =>
  new GatewayError(
    'FORBIDDEN',
    `The operation asks for ${got} e-mail addresses, which need the scope email:read. Ask without "email".`,
  );

const neverAllowed = (limit: number, got: number) =>
  new GatewayError(
    'BAD_USER_INPUT',
    `This caller may ask for ${limit} identifiers a minute; this operation alone names ${got}. Split it.`,
  );

const rateLimited = ({ limit, left, got }: Record<'limit' | 'left' | 'got', number>, retryAfterMs: number) =>
  new GatewayError(
    'RATE_LIMITED',
    `This request names ${got} identifiers, and its caller has ${left} left of ${limit} identifiers a minute, cache hits included. Ask again after retryAfterMs${left > 0 ? `, or now for ${left} at the most` : ''}.`,
    { retryAfterMs },
  );
