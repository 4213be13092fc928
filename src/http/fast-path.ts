import type { RequestListener, ServerResponse } from 'node:http';
import type { Context } from '@opentelemetry/api';
import type { DocumentNode, ExecutionResult, GraphQLError } from 'graphql';
import type { Directory, LookupRequest } from '../directory/directory.ts';
import type { LookupResult, RequestContext } from '../directory/lookup.ts';
import type { DisconnectSignal, RequestContextOptions } from '../directory/request-context.ts';
import { GatewayError } from '../errors.ts';
import type { RequestedUsers } from '../schema/requested-users.ts';
import type { UserToken } from '../upstream/user-token.ts';
import type { Admit } from './callers/admission.ts';
import type { Authentication } from './callers/authentication.ts';
import { mayAsk, userTokenOf } from './callers/authentication.ts';
import type { Arrivals, Caller } from './callers/caller.ts';
import { eligibleLength, NO_VARIABLES, parseParams, readWhole, trustedText } from './json-request.ts';
import { encode, write } from './json-response.ts';
import { overloadError, overloadOf } from './limits/operation-check.ts';
import { maskError } from './masking.ts';
import { type BoundOperation, makeData, type PreparedOperations } from './prepared-operation.ts';
import { receiptExtensions } from './receipt.ts';
import { contentTypeFor, refusalError } from './refusal.ts';
import { type AskedHeaders, NodeHeaders } from './request-headers.ts';
import { addErrors, type RequestLog, type RequestRecord } from './request-log.ts';

export interface FastPathOptions {
  readonly directory: Directory;
  /** Finds a valid document, within its limits, by its text. */
  readonly findDocument: (text: string) => DocumentNode | undefined;
  /** Finds a trusted document by its id. @default any document is executed */
  readonly findTrusted: ((id: string) => string | undefined) | undefined;
  readonly authentication: Pick<Authentication, 'identify'>;
  /** Takes over what was found out about a request that is left to Yoga. */
  readonly arrivals: Pick<Arrivals, 'note'>;
  readonly admit: Admit;
  readonly requestLog: RequestLog;
  /** Each request has to bring a user access token. */
  readonly needsUserToken: boolean;
  readonly maxBodyBytes: number;
  readonly operations: Pick<PreparedOperations, 'bind'>;
  createRequest(
    headers: AskedHeaders,
    options: Pick<RequestContextOptions, 'userToken' | 'signal' | 'span'>,
  ): RequestContext;
  /** True where responses depend on the Origin header. */
  readonly variesByOrigin: boolean;
  /** The CORS headers of a response; `undefined` for none. */
  corsHeaders(headers: AskedHeaders): Readonly<Record<string, string>> | undefined;
  /** Milliseconds on a monotonic clock. */
  clock(): number;
}

/** A request that the fast path answers: authenticated, and of the usual form. */
interface Eligible {
  readonly headers: AskedHeaders;
  readonly caller: Caller;
  readonly userToken: UserToken | undefined;
  /** Of the response. */
  readonly contentType: string;
  readonly startedAt: number;
  /** The trace context in which it came. */
  readonly around: Context;
}

/**
 * Answers operations that only look users up, from Node's request to Node's response, without the Fetch API, Yoga and graphql-js' executor: the same
 * response, byte for byte. Authentication, admission, limits, log, metrics and headers are by the same functions. Everything else goes
 * to Yoga untouched.
 */
export function createFastPath(options: FastPathOptions, yoga: RequestListener): RequestListener {
  const { operations, findDocument, findTrusted, authentication, arrivals, needsUserToken, maxBodyBytes } = options;
  const { requestLog, clock } = options;
  const flush = createFlush();

  return function fastPath(request, response) {
    const length = eligibleLength(request, maxBodyBytes);
    const headers = new NodeHeaders(request);
    const contentType = length && contentTypeFor(headers.get('accept'));
    if (!length || !contentType) return yoga(request, response);
    const startedAt = clock();
    const around = requestLog.around();
    const found = authentication.identify(headers);
    if (found instanceof Promise) return void found.then(readBody, leaveToYoga);
    return readBody(found);

    function readBody(caller: Caller | GatewayError): void {
      const eligible = caller instanceof GatewayError ? undefined : eligibleFor(caller);
      // Its body has not been read, so it is destroyed only where its client has disconnected.
      if (request.destroyed) recordDisconnect(caller);
      else if (eligible && length) {
        readWhole(
          request,
          length,
          (body) => answer(body, eligible),
          () => recordDisconnect(caller),
        );
      } else leaveToYoga();
    }

    function eligibleFor(caller: Caller): Eligible | undefined {
      const userToken = needsUserToken ? userTokenOf(headers) : undefined;
      if (mayAsk(caller, headers) || userToken instanceof GatewayError || !contentType) return undefined;
      return { headers, caller, userToken, contentType, startedAt, around };
    }

    function answer(body: Buffer, eligible: Eligible): void {
      let operation: BoundOperation | undefined;
      try {
        operation = operationIn(body);
      } catch (error) {
        // A fault of the fast path is no reason not to answer.
        requestLog.logFault(error);
      }
      if (operation) new FastRequest(options, flush, eligible, response).begin(operation);
      else {
        request.unshift(body);
        leaveToYoga();
      }
    }

    function leaveToYoga(): void {
      arrivals.note(request, { startedAt, around, found });
      yoga(request, response);
    }

    /** Yoga would not notice: what closes has closed already. */
    function recordDisconnect(caller: Caller | GatewayError): void {
      const logged = { endpoint: 'graphql', method: 'POST' } as const;
      const name = caller instanceof GatewayError ? undefined : caller.name;
      const note = requestLog.begin({ ...logged, headers, startedAt, around });
      requestLog.end({ ...logged, status: undefined, caller: name, usedFastPath: false }, note);
    }
  };

  /** @returns `undefined` for what Yoga has to execute, or to reject. */
  function operationIn(body: Buffer): BoundOperation | undefined {
    const params = parseParams(body, findTrusted !== undefined);
    if (!params) return undefined;
    const text = findTrusted ? trustedText(params, findTrusted) : params.query;
    const document = typeof text === 'string' ? findDocument(text) : undefined;
    const { operationName, variables } = params;
    return document && operations.bind(document, operationName || undefined, variables ?? NO_VARIABLES);
  }
}

/** One request on its way: one object for it takes less memory than closures for each step. Never throws. */
class FastRequest {
  readonly #options: FastPathOptions;
  readonly #flush: (request: FastRequest) => void;
  readonly #eligible: Eligible;
  readonly #response: ServerResponse;
  readonly #disconnect: ResponseDisconnect;
  readonly #note: RequestRecord;
  #result: ExecutionResult = {};

  constructor(
    options: FastPathOptions,
    flush: (request: FastRequest) => void,
    eligible: Eligible,
    response: ServerResponse,
  ) {
    const { headers, startedAt, around } = eligible;
    this.#options = options;
    this.#flush = flush;
    this.#eligible = eligible;
    this.#response = response;
    this.#disconnect = new ResponseDisconnect(response);
    this.#note = options.requestLog.begin({ endpoint: 'graphql', method: 'POST', headers, startedAt, around });
  }

  begin(operation: BoundOperation): void {
    const { headers, caller, userToken } = this.#eligible;
    const note = this.#note;
    try {
      const signal = this.#disconnect;
      const request = this.#options.createRequest(headers, { userToken, signal, span: note.span?.context });
      const { identifiers, addresses, tenants } = operation.named;
      note.operation = 'query';
      note.identifiers = identifiers;
      note.receipts.push(request.receipt);
      const refusal = this.#options.admit({ identifiers, addresses, tenants, caller });
      if (refusal instanceof Promise) {
        refusal.then((one) => this.#run(operation, request, one)).catch((error) => this.#sendFault(error));
      } else this.#run(operation, request, refusal);
    } catch (error) {
      this.#sendFault(error);
    }
  }

  /** Sends the response. */
  send(): void {
    try {
      this.#send(this.#result);
    } catch (error) {
      this.#sendFault(error);
    }
  }

  #run(operation: BoundOperation, request: RequestContext, refusal: GatewayError | undefined): void {
    if (refusal) {
      this.#result = { errors: [refusalError(refusal)] };
      this.#flush(this);
      return;
    }
    const { caller } = this.#eligible;
    const asked = operation.calls.map(({ field, args }) => {
      const { requestedUsers } = field.naming.field.extensions;
      return (requestedUsers as NonNullable<typeof requestedUsers>)(args, caller, field.selected);
    });
    const found = findGrouped(asked, this.#options.directory, request);
    if (!(found instanceof Promise)) {
      this.#result = this.#resultOf(operation, asked, found, request);
      this.#flush(this);
      return;
    }
    // The data is made as it is sent: a value of a promise that was awaited for long would stay in memory for long.
    found
      .then((lists) => this.#send(this.#resultOf(operation, asked, lists, request)))
      .catch((error) => this.#sendFault(error));
  }

  #resultOf(
    operation: BoundOperation,
    asked: readonly RequestedUsers[],
    lists: readonly (readonly Results[])[],
    request: RequestContext,
  ): ExecutionResult {
    const { headers, caller } = this.#eligible;
    const results = asked.map(({ place }, index) => place(lists[index] ?? []));
    const extensions = receiptExtensions(headers, request.receipt);
    const overload = overloadOf(results);
    if (overload) return { errors: [overloadError(overload)], ...(extensions && { extensions }) };
    const { data, errors } = makeData(operation, results, caller);
    return {
      ...(errors.length > 0 && { errors: errors.map((error) => this.#masked(error)) }),
      data,
      ...(extensions && { extensions }),
    };
  }

  #sendFault(error: unknown): void {
    this.#send({ errors: [this.#masked(error)] });
  }

  #send(result: ExecutionResult): void {
    const { requestLog, corsHeaders, variesByOrigin } = this.#options;
    const { headers, caller, contentType } = this.#eligible;
    const note = this.#note;
    if (result.errors) addErrors(note.errors, result.errors);
    const encoded = encode(result, contentType);
    const status = this.#disconnect.aborted ? undefined : encoded.status;
    if (status !== undefined) {
      const more = ['x-request-id', note.requestId, ...(variesByOrigin ? ['vary', 'origin'] : [])];
      write(this.#response, encoded, more, corsHeaders(headers));
    }
    requestLog.end({ endpoint: 'graphql', method: 'POST', status, caller: caller.name, usedFastPath: true }, note);
  }

  #masked(error: unknown): GraphQLError {
    this.#options.requestLog.logFault(error, this.#note);
    return maskError(error) as GraphQLError;
  }
}

type Results = readonly LookupResult[];

/** Looks up all lists of an operation, those of one kind and tenant together. @returns for each field the results of its lists. */
function findGrouped(
  asked: readonly RequestedUsers[],
  directory: Directory,
  request: RequestContext,
): readonly (readonly Results[])[] | Promise<readonly (readonly Results[])[]> {
  const [only] = asked;
  const [list] = only?.lists ?? [];
  // Nearly all operations have one list.
  if (list && asked.length === 1 && only?.lists.length === 1) {
    const found = directory.find({ ...list, request });
    return found instanceof Promise ? found.then((results) => [[results]]) : [[found]];
  }
  const groups: (LookupRequest & { readonly identifiers: string[] })[] = [];
  const ranges = asked.map(({ lists }) =>
    lists.map(({ kind, tenantKey, identifiers }) => {
      let group = groups.findIndex((one) => one.kind === kind && one.tenantKey === tenantKey);
      if (group < 0) group = groups.push({ kind, tenantKey, identifiers: [], request }) - 1;
      const all = groups[group]?.identifiers ?? [];
      const from = all.length;
      for (const identifier of identifiers) all.push(identifier);
      return { group, from, to: all.length };
    }),
  );
  const found = groups.map((group) => directory.find(group));
  const split = (results: readonly Results[]) =>
    ranges.map((own) => own.map(({ group, from, to }) => results[group]?.slice(from, to) ?? []));
  return areSettled(found) ? split(found) : Promise.all(found.map(async (results) => results)).then(split);
}

const areSettled = (found: readonly (Results | Promise<Results>)[]): found is Results[] =>
  found.every((results) => !(results instanceof Promise));

/** Aborts when the client disconnects before it has its response. Next to nothing where nothing listens, unlike an AbortSignal. */
class ResponseDisconnect implements DisconnectSignal {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get aborted(): boolean {
    return this.#response.destroyed && !this.#response.writableFinished;
  }

  addEventListener(_: 'abort', onAbort: () => void): void {
    this.#response.once('close', onAbort);
  }

  removeEventListener(_: 'abort', onAbort: () => void): void {
    this.#response.off('close', onAbort);
  }
}

/**
 * Sends responses that are ready at once, from the cache, at the end of the turn of the event loop, all together: written one by one,
 * each wakes up its client, which takes longer than all else.
 */
function createFlush(): (request: FastRequest) => void {
  let ready: FastRequest[] = [];
  return (request) => {
    if (ready.push(request) > 1) return;
    setImmediate(() => {
      const all = ready;
      ready = [];
      for (const one of all) one.send();
    });
  };
}
