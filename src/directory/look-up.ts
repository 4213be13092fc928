import type { SpanContext } from '@opentelemetry/api';
import type { GatewayError } from '../errors.ts';
import type { Cancel } from '../policies/cancel.ts';
import type { Person } from '../upstream/person.ts';
import type { LookupKind } from '../upstream/user-query.ts';
import type { UserToken } from '../upstream/user-token.ts';
import type { Answers } from './answers.ts';
import type { Bundle } from './bundles/bundle.ts';
import type { Receipt } from './receipt.ts';
import type { Awaited } from './waiters.ts';

/** The answer for one identifier: the person, `null` for "there is no such person", or what went wrong. */
export type LookupResult = Person | null | GatewayError;

/** What people are looked up in: look-ups of one subject may share a call, those of two never do. */
export interface Subject {
  /** Whose credential the user API is asked with. Two identities never share a call, a look-up or a cached person. */
  readonly identity: string;
  readonly kind: LookupKind;
  /** The tenant that was named; `undefined` for the plugin's own. */
  readonly tenantKey: string | undefined;
  /** A text that names the subject, for maps. */
  readonly key: string;
}

/** One identifier on its way, for everybody who waits for it. */
export interface LookUp extends Awaited {
  readonly subject: Subject;
  /** Equal for two spellings of one identifier. */
  readonly id: string;
  /** As the first who asked wrote it. */
  readonly spelling: string;
  /** The request that queued it; nobody where a popular person is refreshed ahead. */
  readonly owner: Ticket | undefined;
  readonly queuedAt: number;
  state: 'queued' | 'sent' | 'done';
  /** What went wrong with its calls; `undefined` where nothing did. */
  trouble: Trouble | undefined;
  /** In whose turns it waits in its lane. */
  turns: readonly Turn[];
  /** The call that it is in. */
  call: Call | undefined;
  /** Counts up with each that comes into the backlog; 0 where it is not there. */
  backlogPlace: number;
  /** True while it is what those who ask for the same may join. */
  isNewest: boolean;
}

/** What went wrong with the calls of a look-up. */
export interface Trouble {
  /** How often a refused token has sent it back into the queue. */
  tokenRefusals: number;
  /** Calls that failed in a way which may pass. */
  attempts: number;
  /** Why the last of them failed: what to say if there is no time for another. */
  lastError: GatewayError | undefined;
  /** Set while parts of its batch are asked for, to find the identifier that the user API refuses. */
  search: PoisonSearch | undefined;
}

/** What one request has waiting in a lane. */
export interface Turn {
  readonly request: Ticket | undefined;
  /** In the order they came, those of a bundle when it dissolved. Some may have left in the turn of somebody else. */
  readonly lookUps: LookUp[];
  /** Those before have left. */
  next: number;
  /** What waits as one, in the order they came. Some may have dissolved by now. */
  bundles: Bundle[] | undefined;
  /** How many still wait. */
  size: number;
  /** Itself alone: what most look-ups have for their turns. */
  readonly alone: readonly Turn[];
}

/** A call on its way. */
export interface Call {
  /** None where it is for a bundle that is whole, and when it has ended: who keeps a call must not keep whoever was asked for in it. */
  lookUps: readonly LookUp[];
  readonly cancel: Cancel;
}

/** The search for the refused identifier of one batch, shared by its look-ups. */
export interface PoisonSearch {
  readonly size: number;
  callsLeft: number;
  /** Groups in each of which one is refused, as far as is known. */
  suspects: (readonly LookUp[])[];
  /** Nothing is known of them but that they were in a refused call, together with suspects. */
  others: LookUp[];
}

/** One request on its way through the directory: who asks, until when, and what it took. */
export interface Ticket {
  readonly identity: string;
  /** The token that the user API is asked with; `undefined` for the plugin's. */
  readonly userToken: UserToken | undefined;
  /** On the monotonic clock. */
  readonly startedAt: number;
  readonly deadlineAt: number;
  readonly wantsFresh: boolean;
  readonly receipt: Receipt;
  /** Where it stands in a trace, for calls to link to; `undefined` where it is in none. */
  readonly span: SpanContext | undefined;
  /** How many of its look-ups are in the backlog. */
  backlog: number;
  /** To be called when some of these answers have to be waited for: from now on deadline and hang-up count. */
  watch(answers: Answers): void;
  /** To be called when none of these answers has to be waited for any more. */
  unwatch(answers: Answers): void;
  /** Stops waiting for one look-up, with this answer. */
  leave(lookUp: LookUp, result: GatewayError): void;
}

/** @param tenantKey the tenant that was named; `undefined` for the plugin's own. */
export function createSubject(identity: string, kind: LookupKind, tenantKey?: string): Subject {
  return { identity, kind, tenantKey, key: `${ownPrefix(identity, kind)}${tenantKey ?? ''}` };
}

/** @param owner the request that queues it; `undefined` where nobody waits. */
export function createLookUp(
  subject: Subject,
  id: string,
  spelling: string,
  owner: Ticket | undefined,
  queuedAt: number,
): LookUp {
  return {
    subject,
    id,
    spelling,
    owner,
    queuedAt,
    waiter: undefined,
    others: undefined,
    state: 'queued',
    trouble: undefined,
    turns: NO_TURNS,
    call: undefined,
    backlogPlace: 0,
    isNewest: false,
  };
}

/** To be written to. */
export function troubleOf(lookUp: LookUp): Trouble {
  lookUp.trouble ??= { tokenRefusals: 0, attempts: 0, lastError: undefined, search: undefined };
  return lookUp.trouble;
}

export const NO_TURNS: readonly Turn[] = [];

/** A text that names one identifier of a subject, for maps. No part of it but the last can hold a line break. */
export const lookUpKey = (subject: Subject, id: string): string => `${subject.key}\n${id}`;

/** The same for an identifier that is looked up without naming a tenant. */
export const ownLookUpKey = (identity: string, kind: LookupKind, id: string): string =>
  `${ownPrefix(identity, kind)}\n${id}`;

const ownPrefix = (identity: string, kind: LookupKind) => `${identity}\n${kind}\n`;

/** What such a text names. */
export function lookUpOf(key: string): { readonly subject: Subject; readonly id: string } {
  const [identity = '', kind, tenantKey = '', ...id] = key.split('\n');
  const subject = createSubject(identity, kind as LookupKind, tenantKey === '' ? undefined : tenantKey);
  // What the user API tells could hold a line break.
  return { subject, id: id.join('\n') };
}
