import type { ForgetChannel } from './directory/forget.ts';
import type { SharedUsers } from './directory/user-store.ts';
import type { CallerLimiter } from './policies/caller-limiter.ts';
import type { RateLimitStore } from './policies/rate-limit-store.ts';
import type { TokenStore } from './upstream/plugin-token.ts';

/** State that several gateways share. An absent part belongs to each gateway alone. */
export interface SharedState {
  /** Resolves when it can be used, or after a timeout. @default at once */
  readonly ready?: Promise<unknown> | undefined;
  /** The rate limit of one credential. */
  rateLimitStoreOf(identity: string): RateLimitStore;
  readonly tokenStore?: TokenStore | undefined;
  readonly users?: SharedUsers | undefined;
  /** The channel to the other gateways, to forget a user everywhere. */
  readonly forgetChannel?: ForgetChannel | undefined;
  /** Counts the identifiers of callers. @param points allowed in each window. */
  limiter?(points: number, windowSeconds: number): CallerLimiter;
  /** For metrics and `/readiness`. */
  state?(): SharedStateDetail;
  /** Call at shutdown, when no request is left. */
  close(): Promise<void>;
}

export interface SharedStateDetail {
  readonly isUp: boolean;
  /** Gateways with a recent heartbeat, this one included. */
  readonly replicas: number | undefined;
}
