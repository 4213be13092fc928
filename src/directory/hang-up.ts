/** Tells when nobody waits for an answer any more. Any AbortSignal does. */
export interface HangUp {
  readonly aborted: boolean;
  /** @param onHangUp called at most once. */
  addEventListener(type: 'abort', onHangUp: () => void): void;
  removeEventListener(type: 'abort', onHangUp: () => void): void;
}
