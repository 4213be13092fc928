import type { ServerResponse } from 'node:http';
import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Directory } from '../directory/directory.ts';
import type { Ticket } from '../directory/look-up.ts';
import type { TicketOptions } from '../directory/ticket.ts';
import type { Admit } from '../http/callers/admission.ts';
import type { Caller } from '../http/callers/caller.ts';
import type { RequestLog } from '../http/logs/request-log.ts';
import { addErrors, type RequestNote } from '../http/logs/request-note.ts';
import { maskError } from '../http/masking.ts';
import { refusalError } from '../http/refusal.ts';
import type { AskedHeaders } from '../http/request-headers.ts';
import { receiptExtensions } from '../http/use-receipt.ts';
import type { UserToken } from '../upstream/user-token.ts';
import { createDepartures } from './departures.ts';
import { ResponseHangUp } from './hang-up.ts';
import type { Job } from './job.ts';
import { type RunResult, runPlan } from './run-plan.ts';
import { encodeResult, sendResult } from './send-result.ts';

export interface AnswerOptions {
  readonly directory: Directory;
  readonly admit: Admit;
  readonly requestLog: RequestLog;
  createTicket(headers: AskedHeaders, options: Pick<TicketOptions, 'userToken' | 'signal' | 'span'>): Ticket;
  /** True where other sites may read answers: caches have to tell them apart. */
  readonly variesByOrigin: boolean;
  /** @returns headers that let another site read an answer; `undefined` for none. */
  corsHeaders(headers: AskedHeaders): Readonly<Record<string, string>> | undefined;
}

/** Who asks, and how. */
export interface Asker {
  readonly headers: AskedHeaders;
  readonly caller: Caller;
  readonly userToken: UserToken | undefined;
  /** Of the answer. */
  readonly contentType: string;
  /** When the request came. */
  readonly startedAt: number;
}

/** Answers a job: as Yoga and its plugins would, in the same order. Never throws. */
export function createAnswerJob(options: AnswerOptions) {
  const { directory, admit, requestLog, createTicket, variesByOrigin, corsHeaders } = options;

  const depart = createDepartures();

  return function answerJob(job: Job, asker: Asker, response: ServerResponse): void {
    const { headers, caller, userToken, startedAt } = asker;
    const note = requestLog.begin({ endpoint: 'graphql', method: 'POST', headers, startedAt });
    const hangUp = new ResponseHangUp(response);
    try {
      const ticket = createTicket(headers, { userToken, signal: hangUp, span: note.span?.context });
      note.operation = 'query';
      note.identifiers = job.named.identifiers;
      note.receipts.push(ticket.receipt);
      const refusal = admit({ ...job.named, caller });
      const result = refusal instanceof Promise ? refusal.then(decide) : decide(refusal);
      if (result instanceof Promise) result.then(send).catch(sendFault);
      else depart(() => send(result));

      function decide(refused: Awaited<ReturnType<Admit>>): ExecutionResult | Promise<ExecutionResult> {
        if (refused) return { errors: [refusalError(refused)] };
        const ran = runPlan({ ...job, context: caller, directory, ticket });
        return ran instanceof Promise ? ran.then(finish) : finish(ran);
      }

      function finish({ data, errors }: RunResult): ExecutionResult {
        const extensions = receiptExtensions(headers, ticket.receipt);
        return {
          ...(errors.length > 0 && { errors: errors.map((error) => masked(error, note)) }),
          data,
          ...(extensions && { extensions }),
        };
      }
    } catch (error) {
      sendFault(error);
    }

    /** Of the gateway itself: nobody thought of it. */
    function sendFault(error: unknown): void {
      send({ errors: [masked(error, note)] });
    }

    function send(result: ExecutionResult): void {
      addErrors(note.errors, result.errors ?? []);
      const encoded = encodeResult(result, asker.contentType);
      const { status } = encoded;
      const hasHungUp = hangUp.aborted;
      if (!hasHungUp) {
        const { requestId } = note;
        sendResult(response, encoded, { requestId, headers: corsHeaders(headers), variesByOrigin });
      }
      requestLog.end(
        { endpoint: 'graphql', method: 'POST', status, hasHungUp, caller: caller.name, isExpress: true },
        note,
      );
    }
  };

  function masked(error: unknown, note: RequestNote): GraphQLError {
    requestLog.logFault(error, note);
    return maskError(error) as GraphQLError;
  }
}
