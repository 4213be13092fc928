import type { ForgetChannel } from './directory/forget.ts';
import type { SharedUsers } from './directory/user-store.ts';
import type { CallerLimiter } from './policies/rate-limiters.ts';
import type { SlotLog } from './policies/slot-log.ts';
import type { TokenStore } from './upstream/plugin-token.ts';

/** What several gateways have in common, wherever it is kept: each part is as if it were the gateway's own where it is left out. */
export interface SharedState {
  /** Resolves when it can be used; or after a while, since nothing waits for it for ever. @default at once */
  readonly ready?: Promise<unknown> | undefined;
  /** Where the calls with one credential are written down. */
  slotLogOf(identity: string): SlotLog;
  readonly tokenStore?: TokenStore | undefined;
  readonly people?: SharedUsers | undefined;
  /** The way to the others, for when somebody is to be forgotten. */
  readonly forgetChannel?: ForgetChannel | undefined;
  /** Counts what callers ask for. @param points allowed in each window. */
  limiter?(points: number, windowSeconds: number): CallerLimiter;
  /** For whoever looks after it. */
  state?(): SharedStateDetail;
  /** To be called when nothing is asked for any more. */
  close(): Promise<void>;
}

export interface SharedStateDetail {
  readonly isUp: boolean;
  /** Gateways that were there of late, this one included. */
  readonly replicas: number | undefined;
}
