import type { ServerResponse } from 'node:http';
import type { Context } from '@opentelemetry/api';
import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Directory } from '../directory/directory.ts';
import type { Ticket } from '../directory/look-up.ts';
import type { TicketOptions } from '../directory/ticket.ts';
import type { GatewayError } from '../errors.ts';
import type { Admit } from '../http/callers/admission.ts';
import type { Caller } from '../http/callers/caller.ts';
import type { RequestLog } from '../http/logs/request-log.ts';
import { addErrors, type RequestNote } from '../http/logs/request-note.ts';
import { maskError } from '../http/masking.ts';
import { overloadError } from '../http/overloaded.ts';
import { refusalError } from '../http/refusal.ts';
import type { AskedHeaders } from '../http/request-headers.ts';
import { receiptExtensions } from '../http/use-receipt.ts';
import type { UserToken } from '../upstream/user-token.ts';
import { createDepartures, type Departure } from './departures.ts';
import { ResponseHangUp } from './hang-up.ts';
import type { Job } from './job.ts';
import { type RunResult, runPlan } from './run-plan.ts';
import { encodeResult, encodeWritten, sendResult, type WrittenResult } from './send-result.ts';

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
  /** What was active around it then. */
  readonly around: Context;
}

/** Answers a job: as Yoga and its plugins would, in the same order. Never throws. */
export function createAnswerJob(options: AnswerOptions): (job: Job, asker: Asker, response: ServerResponse) => void {
  const depart = createDepartures();

  return function answerJob(job, asker, response) {
    new Answering(options, depart, asker, response).begin(job);
  };
}

/** One job on its way. Of an object that has them all, a request takes less memory than of as many functions. */
class Answering implements Departure {
  readonly #options: AnswerOptions;
  readonly #depart: (ready: Departure) => void;
  readonly #asker: Asker;
  readonly #response: ServerResponse;
  readonly #hangUp: ResponseHangUp;
  readonly #note: RequestNote;
  #result: ExecutionResult | WrittenResult = {};

  constructor(options: AnswerOptions, depart: (ready: Departure) => void, asker: Asker, response: ServerResponse) {
    const { headers, startedAt, around } = asker;
    this.#options = options;
    this.#depart = depart;
    this.#asker = asker;
    this.#response = response;
    this.#hangUp = new ResponseHangUp(response);
    this.#note = options.requestLog.begin({ endpoint: 'graphql', method: 'POST', headers, startedAt, around });
  }

  begin(job: Job): void {
    const { headers, caller, userToken } = this.#asker;
    const note = this.#note;
    try {
      const span = note.span?.context;
      const ticket = this.#options.createTicket(headers, { userToken, signal: this.#hangUp, span });
      note.operation = 'query';
      const { identifiers, addresses, tenants } = job.named;
      note.identifiers = identifiers;
      note.receipts.push(ticket.receipt);
      const refusal = this.#options.admit({ identifiers, addresses, tenants, caller });
      if (refusal instanceof Promise) void this.#runIfAdmitted(job, ticket, refusal);
      else this.#run(job, ticket, refusal);
    } catch (error) {
      this.#sendFault(error);
    }
  }

  async #runIfAdmitted(job: Job, ticket: Ticket, deciding: Promise<GatewayError | undefined>): Promise<void> {
    try {
      this.#run(job, ticket, await deciding);
    } catch (error) {
      this.#sendFault(error);
    }
  }

  #run(job: Job, ticket: Ticket, refusal: GatewayError | undefined): void {
    if (refusal) {
      this.#sendSoon({ errors: [refusalError(refusal)] });
      return;
    }
    const { directory } = this.#options;
    const { selection, calls } = job;
    const ran = runPlan({ selection, calls, context: this.#asker.caller, directory, ticket });
    if (ran instanceof Promise) void this.#finish(ran, ticket);
    else this.#sendSoon(this.#resultOf(ran(), ticket));
  }

  async #finish(running: Promise<() => RunResult>, ticket: Ticket): Promise<void> {
    try {
      const answer = await running;
      this.#send(this.#resultOf(answer(), ticket));
    } catch (error) {
      this.#sendFault(error);
    }
  }

  #resultOf(ran: RunResult, ticket: Ticket): ExecutionResult | WrittenResult {
    const extensions = receiptExtensions(this.#asker.headers, ticket.receipt);
    if ('overload' in ran) return { errors: [overloadError(ran.overload)], ...(extensions && { extensions }) };
    if ('written' in ran) return { written: ran.written, extensions };
    const { data, errors } = ran;
    return {
      ...(errors.length > 0 && { errors: errors.map((error) => this.#masked(error)) }),
      data,
      ...(extensions && { extensions }),
    };
  }

  #sendSoon(result: ExecutionResult | WrittenResult): void {
    this.#result = result;
    this.#depart(this);
  }

  leave(): void {
    try {
      this.#send(this.#result);
    } catch (error) {
      this.#sendFault(error);
    }
  }

  /** Of the gateway itself: nobody thought of it. */
  #sendFault(error: unknown): void {
    this.#send({ errors: [this.#masked(error)] });
  }

  #send(result: ExecutionResult | WrittenResult): void {
    const { requestLog, corsHeaders, variesByOrigin } = this.#options;
    const { headers, caller, contentType } = this.#asker;
    const note = this.#note;
    if ('errors' in result) addErrors(note.errors, result.errors ?? []);
    const encoded = 'written' in result ? encodeWritten(result, contentType) : encodeResult(result, contentType);
    const status = this.#hangUp.aborted ? undefined : encoded.status;
    if (status !== undefined) {
      const { requestId } = note;
      sendResult(this.#response, encoded, { requestId, headers: corsHeaders(headers), variesByOrigin });
    }
    requestLog.end({ endpoint: 'graphql', method: 'POST', status, caller: caller.name, isExpress: true }, note);
  }

  #masked(error: unknown): GraphQLError {
    this.#options.requestLog.logFault(error, this.#note);
    return maskError(error) as GraphQLError;
  }
}
