import { hashText } from './mix.ts';
import type { SandboxPerson } from './person.ts';

/** The three ways to name people in a query, as the request body calls them [doc]. */
export const KINDS = ['user_keys', 'out_ids', 'emails'] as const;
export type Kind = (typeof KINDS)[number];

export interface Question {
  readonly kind: Kind;
  readonly identifiers: readonly string[];
  /** Counts with e-mails only [doc]. @default the plugin's own tenant */
  readonly tenantKey?: string;
}

export interface PeopleIndex {
  byKey(userKey: string): SandboxPerson | undefined;
  /** The people that exist, each once, in an order which is never the order asked for (unless it is one person). */
  find(question: Question): SandboxPerson[];
}

/**
 * Indexes people by key, out id and (tenant, e-mail in lower case).
 *
 * @throws Error when two people share a user key, an out id, or an e-mail of one tenant.
 */
export function indexPeople(people: readonly SandboxPerson[], ownTenantKey: string): PeopleIndex {
  const byKey = new Map<string, SandboxPerson>();
  const byOutId = new Map<string, SandboxPerson>();
  const byEmail = new Map<string, Map<string, SandboxPerson>>();

  for (const person of people) {
    const tenantKey = person.tenant_key ?? ownTenantKey;
    const emails = byEmail.get(tenantKey) ?? new Map<string, SandboxPerson>();
    byEmail.set(tenantKey, emails);
    put(byKey, person.user_key, person, 'user_key');
    if (person.out_id) put(byOutId, person.out_id, person, 'out_id');
    if (person.email) put(emails, person.email.toLowerCase(), person, 'email');
  }

  const lookUp = ({ kind, tenantKey }: Question, identifier: string): SandboxPerson | undefined => {
    if (kind === 'user_keys') return byKey.get(identifier);
    if (kind === 'out_ids') return byOutId.get(identifier);
    const person = byEmail.get(tenantKey ?? ownTenantKey)?.get(identifier.toLowerCase());
    return person?.linked === false ? undefined : person;
  };

  return {
    byKey: (userKey) => byKey.get(userKey),
    find: (question) => {
      const found = question.identifiers.map((identifier) => lookUp(question, identifier));
      return shuffle([...new Set(found)].filter((person) => person !== undefined));
    },
  };
}

function put(map: Map<string, SandboxPerson>, key: string, person: SandboxPerson, field: string): void {
  const other = map.get(key);
  if (other) {
    throw new Error(`The sandbox needs people with different ${field}s, got ${field} ${key} twice.`);
  }
  map.set(key, person);
}

/** The vendor promises no order [?]: a client that relies on positions has to fail here. The same people always come alike. */
function shuffle(people: SandboxPerson[]): SandboxPerson[] {
  const shuffled = people.toSorted((a, b) => hashText(a.user_key) - hashText(b.user_key));
  return shuffled.every((person, at) => person === people[at]) ? shuffled.toReversed() : shuffled;
}
