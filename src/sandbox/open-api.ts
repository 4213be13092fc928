import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { CallLog } from './call-log.ts';
import type { Fault, InterfaceName, ReceivedCall } from './faults.ts';
import { errCodeOf, errorReply, type Reply } from './reply.ts';
import { type ParsedBody, readBody } from './request-body.ts';
import { sendReply } from './send-reply.ts';

export interface OpenApiOptions {
  readonly now: () => number;
  readonly latencyMs: number;
  readonly log: CallLog;
  readonly fault: () => Fault;
  /** The true answer of each interface. */
  readonly answers: Readonly<Record<InterfaceName, (call: ReceivedCall, body: ParsedBody) => Reply>>;
}

export interface OpenApi {
  /** @throws the stream's error when the client hangs up before its call was read. */
  serve(name: InterfaceName, request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Aborts the signal of every call under way, so that faults stop waiting. */
  abortFaults(): void;
}

/** The steps which the two interfaces have in common: read, log, let a fault decide or answer truly, wait, send. */
export function createOpenApi(options: OpenApiOptions): OpenApi {
  const underWay = new Set<AbortController>();
  let calls = 0;

  const serve: OpenApi['serve'] = async (name, request, response) => {
    const abort = new AbortController();
    underWay.add(abort);
    response.once('close', () => {
      underWay.delete(abort);
      abort.abort();
    });
    const body = await readBody(request);
    calls += 1;
    const call = receivedCall(name, request, body, {
      at: options.now(),
      logId: `SANDBOX${String(calls).padStart(12, '0')}`,
      signal: abort.signal,
    });
    const complete = options.log.enter(call);

    const reply = await decide(
      call,
      options,
      once(() => answer(call, body, options)),
    );
    if (typeof reply !== 'function') complete(reply.status, errCodeOf(reply));
    if (options.latencyMs > 0) await delay(options.latencyMs);

    if (typeof reply === 'function') {
      try {
        // Nobody is left to be answered where the client hung up during a wait.
        if (!response.destroyed) await reply(response);
      } finally {
        complete(response.headersSent ? response.statusCode : 0, 0);
      }
    } else if (!response.destroyed) {
      sendReply(response, { ...reply, headers: { 'X-Tt-Logid': call.logId, ...reply.headers } });
    }
  };

  return {
    serve,
    abortFaults: () => {
      for (const abort of underWay) abort.abort();
    },
  };
}

function receivedCall(
  name: InterfaceName,
  { headers }: IncomingMessage,
  body: ParsedBody,
  rest: Pick<ReceivedCall, 'at' | 'logId' | 'signal'>,
): ReceivedCall {
  const text = (header: string): string | undefined => headers[header]?.toString();
  const token = text('x-plugin-token');
  const userKey = text('x-user-key');
  const idemUuid = text('x-idem-uuid');
  const traceParent = text('traceparent');
  return {
    interface: name,
    body: body.isJson ? body.value : body.text,
    ...(token ? { token } : {}),
    ...(userKey ? { userKey } : {}),
    ...(idemUuid ? { idemUuid } : {}),
    ...(traceParent ? { traceParent } : {}),
    ...rest,
  };
}

async function decide(call: ReceivedCall, { fault }: OpenApiOptions, trueAnswer: () => Reply) {
  try {
    return (await fault()(call, trueAnswer)) ?? trueAnswer();
  } catch (error) {
    return errorReply(50006, call.logId, `the sandbox failed to answer: ${String(error)}`);
  }
}

function answer(call: ReceivedCall, body: ParsedBody, { answers }: OpenApiOptions): Reply {
  const reply = answers[call.interface](call, body);
  const isTooLarge = !body.isJson && body.text === undefined && reply.status === 400;
  return isTooLarge ? { ...reply, status: 413 } : reply;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
