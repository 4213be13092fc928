import type { RequestListener } from 'node:http';
import { GatewayError } from '../errors.ts';
import { contentTypeFor } from '../http/accept.ts';
import type { Arrivals } from '../http/arrivals.ts';
import type { Authentication } from '../http/callers/authentication.ts';
import type { Caller } from '../http/callers/caller.ts';
import { mayAsk } from '../http/callers/use-authentication.ts';
import { userTokenOf } from '../http/callers/use-user-token.ts';
import { NodeHeaders } from '../http/request-headers.ts';
import { type AnswerOptions, type Asker, createAnswerJob } from './answer-job.ts';
import { createJobReader, type Job, type JobOptions } from './job.ts';
import { readBody } from './read-body.ts';
import { usualLength } from './usual-request.ts';

export interface ExpressOptions extends JobOptions, AnswerOptions {
  readonly authentication: Pick<Authentication, 'identify'>;
  /** Learns what has been found out of requests that are left to Yoga. */
  readonly arrivals: Pick<Arrivals, 'note'>;
  /** Each request has to bring a user access token of its own. */
  readonly needsUserToken: boolean;
  readonly maxBodyBytes: number;
  /** Milliseconds on a clock that never jumps. */
  clock(): number;
}

/**
 * Answers a request whose document has been answered before by a plan of it, from Node's request to Node's response: the same answer
 * as Yoga's, of which nobody can tell which of them gave it. Whatever is unusual, refused or not known yet goes to Yoga, untouched.
 * @param yoga answers any request.
 */
export function forExpress(options: ExpressOptions, yoga: RequestListener): RequestListener {
  const { authentication, arrivals, needsUserToken, maxBodyBytes, requestLog, clock } = options;
  const readJob = createJobReader(options);
  const answerJob = createAnswerJob(options);

  return function express(request, response) {
    const length = usualLength(request, maxBodyBytes);
    const headers = new NodeHeaders(request);
    const contentType = length && contentTypeFor(headers.get('accept'));
    if (!length || !contentType) return yoga(request, response);
    const startedAt = clock();
    const around = requestLog.around();
    const found = authentication.identify(headers);
    if (found instanceof Promise) return void found.then(go, leaveToYoga);
    return go(found);

    function go(caller: Caller | GatewayError): void {
      const asker = caller instanceof GatewayError ? undefined : askerFor(caller);
      const noteHungUp = () => noteUnanswered({ headers, startedAt, around }, caller);
      // Its body has not been read, so it is destroyed only where its client has gone away.
      if (request.destroyed) noteHungUp();
      else if (asker && length) readBody(request, length, (body) => take(body, asker), noteHungUp);
      else leaveToYoga();
    }

    function leaveToYoga(): void {
      arrivals.note(request, { startedAt, around, found });
      yoga(request, response);
    }

    function askerFor(caller: Caller): Asker | undefined {
      const userToken = needsUserToken ? userTokenOf(headers) : undefined;
      if (mayAsk(caller, headers) || userToken instanceof GatewayError || !contentType) return undefined;
      return { headers, caller, userToken, contentType, startedAt, around };
    }

    /** A fault of the lane is no reason to answer nobody. */
    function readOrLog(body: Buffer): Job | undefined {
      try {
        return readJob(body);
      } catch (error) {
        requestLog.logFault(error);
        return undefined;
      }
    }

    function take(body: Buffer, asker: Asker): void {
      const job = readOrLog(body);
      if (job) {
        answerJob(job, asker, response);
      } else {
        request.unshift(body);
        leaveToYoga();
      }
    }
  };

  /** Yoga would not learn of it: whatever closes has closed already. */
  function noteUnanswered(came: Pick<Asker, 'headers' | 'startedAt' | 'around'>, caller: Caller | GatewayError): void {
    const asked = { endpoint: 'graphql', method: 'POST' } as const;
    const name = caller instanceof GatewayError ? undefined : caller.name;
    const note = requestLog.begin({ ...asked, ...came });
    requestLog.end({ ...asked, status: undefined, caller: name, isExpress: false }, note);
  }
}
