import type { SpanContext } from '@opentelemetry/api';
import type { GatewayError } from '../errors.ts';
import type { Person } from '../upstream/person.ts';
import type { LookupKind } from '../upstream/user-query.ts';
import type { UserToken } from '../upstream/user-token.ts';
import type { Receipt } from './receipt.ts';

/** The answer for one identifier: the person, `null` for "there is no such person", or what went wrong. */
export type LookupResult = Person | null | GatewayError;

/** What people are looked up in: look-ups of one subject may share a call, those of two never do. */
export interface Subject {
  /** Whose credential the user API is asked with. Two identities never share a call, a look-up or a cached person. */
  readonly identity: string;
  readonly kind: LookupKind;
  /** The tenant that was named; `undefined` for the plugin's own. */
  readonly tenantKey: string | undefined;
}

/** One identifier on its way, for everybody who waits for it. */
export interface LookUp {
  readonly subject: Subject;
  /** Equal for two spellings of one identifier. */
  readonly id: string;
  /** As the first who asked wrote it. */
  readonly spelling: string;
  /** The request that queued it; nobody where a popular person is refreshed ahead. */
  readonly owner: Ticket | undefined;
  readonly queuedAt: number;
  readonly waiters: Set<Waiter>;
  state: 'queued' | 'sent' | 'done';
  /** How often a refused token has sent it back into the queue. */
  tokenRefusals: number;
  /** Calls made for it that failed in a way which may pass. */
  attempts: number;
  /** Why the last of them failed: what to say if there is no time for another. */
  lastError?: GatewayError;
  /** Set while parts of its batch are asked for, to find the identifier that the user API refuses. */
  search?: PoisonSearch;
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
  /** Waits for a look-up. @param onLeave called where this request stops waiting before there is an answer. */
  wait(lookUp: LookUp, onLeave: (lookUp: LookUp) => void): Promise<LookupResult>;
  /** Called when the waiter is answered. */
  forget(waiter: Waiter): void;
  /** Stops waiting for one look-up, with this answer. */
  leave(lookUp: LookUp, result: GatewayError): void;
}

/** One request that waits for one look-up. */
export interface Waiter {
  readonly ticket: Ticket;
  readonly lookUp: LookUp;
  readonly answer: (result: LookupResult) => void;
}

/** @param owner the request that queues it; `undefined` where nobody waits. */
export function createLookUp(
  subject: Subject,
  { id, spelling }: { readonly id: string; readonly spelling: string },
  owner: Ticket | undefined,
  queuedAt: number,
): LookUp {
  return { subject, id, spelling, owner, queuedAt, waiters: new Set(), state: 'queued', tokenRefusals: 0, attempts: 0 };
}

/** A text that names the subject, for maps. No part of it can hold a line break. */
export function subjectKey({ identity, kind, tenantKey }: Subject): string {
  return `${identity}\n${kind}\n${tenantKey ?? ''}`;
}

/** A text that names one identifier of a subject, for maps. */
export const lookUpKey = (subject: Subject, id: string): string => `${subjectKey(subject)}\n${id}`;

/** What such a text names. */
export function lookUpOf(key: string): { readonly subject: Subject; readonly id: string } {
  const [identity = '', kind, tenantKey = '', ...id] = key.split('\n');
  const subject = { identity, kind: kind as LookupKind, tenantKey: tenantKey === '' ? undefined : tenantKey };
  // What the user API tells could hold a line break.
  return { subject, id: id.join('\n') };
}

/** Answers everybody who waits. */
export function settle(lookUp: LookUp, result: LookupResult): void {
  lookUp.state = 'done';
  for (const waiter of lookUp.waiters) {
    waiter.ticket.forget(waiter);
    waiter.answer(result);
  }
  lookUp.waiters.clear();
}
