import type { ErrorCode } from '../errors.ts';

/** What happens inside the gateway, in figures. No event ever carries an identifier, a name or a token. */
export type GatewayEvent =
  | {
      readonly type: 'upstream-call';
      readonly kind: 'key' | 'outId' | 'email';
      /** How many people this call asked for, 1 to 100. */
      readonly identifiers: number;
      /** `answered` also when nobody was found. */
      readonly outcome: 'answered' | ErrorCode;
      readonly durationMs: number;
      readonly logId?: string | undefined;
    }
  | {
      /** Rows of an answer that could not be used: without a valid user key, or nobody asked for them. */
      readonly type: 'rows-dropped';
      readonly malformed: number;
      readonly unasked: number;
    }
  | {
      readonly type: 'token-renewal';
      readonly outcome: 'renewed' | ErrorCode;
      readonly durationMs: number;
    };

/** Receives every event, synchronously. Must not throw. */
export type Telemetry = (event: GatewayEvent) => void;

export const noTelemetry: Telemetry = () => {};
