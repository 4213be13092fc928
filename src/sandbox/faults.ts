import type { ServerResponse } from 'node:http';
import type { Reply } from './reply.ts';

/** Which of the two interfaces of the API was called. */
export type InterfaceName = 'plugin_token' | 'user_query';

/** A call as it came in, before it has an answer. */
export interface ReceivedCall {
  /** On the sandbox's monotonic clock, in milliseconds. */
  readonly at: number;
  readonly interface: InterfaceName;
  /** The JSON sent; the raw text where it was not JSON; undefined where it was over the size limit. */
  readonly body: unknown;
  /** Header X-PLUGIN-TOKEN. */
  readonly token?: string;
  /** Header X-USER-KEY. */
  readonly userKey?: string;
  /** Header X-IDEM-UUID. */
  readonly idemUuid?: string;
  /** Header traceparent: where the call stands in a trace of its client. */
  readonly traceParent?: string;
  /** Goes out as X-Tt-Logid; a fault that builds an error envelope of its own should name it there too. */
  readonly logId: string;
  /** Aborted when the client hangs up or the sandbox closes: a fault that waits should stop waiting then. */
  readonly signal: AbortSignal;
}

/**
 * Takes over the response altogether, to reset it, drip it, or never end it. The status line, the headers (X-Tt-Logid too)
 * and the end are all its own. What is still open when the sandbox closes is cut off.
 */
export type RawReply = (response: ServerResponse) => void | Promise<void>;

/**
 * Decides what a call gets instead of its true answer. It is asked once for every call of both interfaces, in the order
 * they come in, after the body was read and before `latencyMs`.
 *
 * `answer()` is the true answer, worked out when it is first asked for: a call that never asks counts against no rate
 * limit and issues no token. Asking again gives the same reply. A fault that throws is answered as 50006.
 */
export type Fault = (call: ReceivedCall, answer: () => Reply) => Reply | RawReply | Promise<Reply | RawReply>;
