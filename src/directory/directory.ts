import { GatewayError } from '../errors.ts';
import type { BreakerOptions } from '../policies/breaker.ts';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import { createQuota, type Quota } from '../policies/quota.ts';
import type { RetryOptions } from '../policies/retry.ts';
import { noTelemetry, type Telemetry } from '../telemetry/events.ts';
import { createTraces, type Traces } from '../telemetry/traces.ts';
import { toPlainPerson } from '../upstream/rows/row-person.ts';
import type { LookupKind, QueryUsers } from '../upstream/user-query.ts';
import { parseUserToken } from '../upstream/user-token.ts';
import { countAnswers } from './count-answers.ts';
import { createFindPeople } from './find-people.ts';
import { tryToParse } from './identifier.ts';
import { createSubject, type LookupResult, type Ticket } from './look-up.ts';
import { createMemory, type Forgotten } from './memory.ts';
import type { PersonCacheOptions } from './person-cache.ts';
import { createNameSet, isKind, type PersonName, unknownKind } from './person-name.ts';
import { createQueue } from './queue.ts';
import type { QueueState } from './queue-state.ts';
import type { SharedPeople } from './shared-people.ts';
import { createTicket } from './ticket.ts';

export interface LookupRequest {
  readonly kind: LookupKind;
  /** As clients wrote them, with repeats. */
  readonly identifiers: readonly string[];
  /** Counts with e-mails only: the tenant to search in place of the plugin's own. */
  readonly tenantKey?: string | undefined;
  /** A user access token to ask with, in place of the plugin's token: `u-…`. @default none */
  readonly userToken?: string | undefined;
  /** The request that asks. @default one of its own, with the default deadline */
  readonly ticket?: Ticket | undefined;
}

export interface Directory {
  /**
   * Looks people up. Never rejects: one identifier's trouble is in its own place of the answer.
   * @returns one result for each identifier, in the order asked.
   */
  lookup(request: LookupRequest): Promise<LookupResult[]>;
  /**
   * The same without a promise where nobody has to be waited for: in memory, malformed, or refused. The fields of a person may be
   * read, but need not be properties of its own, and it may keep a whole answer of the user API in memory: not to be copied, printed
   * or kept.
   */
  find(request: LookupRequest): LookupResult[] | Promise<LookupResult[]>;
  /**
   * Removes whoever goes by one of these names from all that this process remembers: under all their aliases, of all identities
   * and tenants, also beyond their time. A call that has left before does not bring them back; who waits for it still gets its
   * answer. Whoever asks for them afterwards has them looked up anew.
   * @throws GatewayError BAD_USER_INPUT where a name cannot be one.
   */
  forget(...names: readonly PersonName[]): Forgotten;
  /** The same for all people: for when somebody was to be forgotten, and nobody knows any more who. */
  forgetEverybody(): void;
  /** How things are at this moment. */
  state(): DirectoryState;
  /** Ends calls under way; what is queued is not sent any more. */
  dispose(): void;
}

export interface DirectoryState extends QueueState {
  /** People in memory, those whose time is over included. */
  readonly cacheEntries: number;
}

export interface DirectoryOptions {
  queryUsers: QueryUsers;
  /** The quota of a credential. @default 15 calls a second each */
  quotaOf?: ((identity: string) => Quota) | undefined;
  /** Look-ups that may wait for a call, over all requests. @default 6000 */
  queueLimit?: number | undefined;
  /** Credentials that are asked with at a time, each with lanes, quota and breaker of its own. @default 1000 */
  maxIdentities?: number | undefined;
  cache?: PersonCacheOptions | undefined;
  /** People whom several processes remember together. @default none */
  sharedPeople?: SharedPeople | undefined;
  retry?: RetryOptions | undefined;
  breaker?: BreakerOptions | undefined;
  /** Deadline of look-ups that come without a ticket, in milliseconds. @default 10000 */
  requestTimeoutMs?: number | undefined;
  clock?: Clock | undefined;
  telemetry?: Telemetry | undefined;
  /** @default spans of whatever SDK of OpenTelemetry there is */
  traces?: Traces | undefined;
}

/**
 * One for a process, behind the loaders of all its requests: answers from the cache, joins look-ups already under way, and
 * queues the rest for batches of up to 100 that leave as the quota allows.
 */
export function createDirectory(options: DirectoryOptions): Directory {
  const clock = options.clock ?? monotonicClock;
  const telemetry = options.telemetry ?? noTelemetry;
  const memory = createMemory({ ...options.cache, sharedPeople: options.sharedPeople, clock });
  const queue = createQueue({
    queryUsers: options.queryUsers,
    quotaOf: options.quotaOf ?? (() => createQuota({ clock })),
    limit: options.queueLimit ?? 6_000,
    maxIdentities: options.maxIdentities ?? 1_000,
    retry: options.retry ?? {},
    breaker: options.breaker ?? {},
    learn: memory.learn,
    reject: memory.reject,
    deny: memory.deny,
    clock,
    telemetry,
    traces: options.traces ?? createTraces(),
  });

  const findPeople = createFindPeople(memory, queue, telemetry);

  return {
    find,
    lookup: async (request) => (await find(request)).map(toPlain),
    forget(...asked) {
      const forgotten = memory.forget(asked);
      queue.forget(createNameSet(forgotten.names));
      return forgotten;
    },
    forgetEverybody() {
      memory.forgetEverybody();
      queue.forgetEverybody();
    },
    state: () => ({ ...queue.state(), cacheEntries: memory.size }),
    dispose: queue.dispose,
  };

  function find(request: LookupRequest): LookupResult[] | Promise<LookupResult[]> {
    const { kind, identifiers } = request;
    const ticket = request.ticket ?? ticketOf(request);
    if (ticket instanceof GatewayError) return refuseAll(request, ticket);
    const tenantKey = tenantOf(request);
    if (tenantKey instanceof GatewayError) return refuseAll(request, tenantKey);
    const subject = createSubject(ticket.identity, kind, kind === 'email' ? tenantKey : undefined);
    return findPeople(subject, identifiers, ticket);
  }

  function refuseAll({ kind, identifiers }: LookupRequest, error: GatewayError): GatewayError[] {
    const answers = identifiers.map(() => error);
    // A label of metrics has a few fixed values.
    if (isKind(kind)) telemetry(countAnswers(kind, answers, 0));
    return answers;
  }

  /** For look-ups that come without a ticket: from other programs, so that GraphQL has nothing of these checks. */
  function ticketOf({ kind, userToken: text }: LookupRequest): Ticket | GatewayError {
    if (!isKind(kind)) return unknownKind();
    const userToken = text === undefined ? undefined : parseUserToken(text);
    if (userToken instanceof GatewayError) return userToken;
    return createTicket({ userToken, timeoutMs: options.requestTimeoutMs, clock });
  }
}

const toPlain = (result: LookupResult): LookupResult =>
  result === null || result instanceof GatewayError ? result : toPlainPerson(result);

const tenantOf = ({ tenantKey }: LookupRequest) =>
  tenantKey === undefined ? undefined : tryToParse('tenantKey', tenantKey);
