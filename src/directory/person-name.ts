import { GatewayError } from '../errors.ts';
import type { Person } from '../upstream/person.ts';
import type { LookupKind } from '../upstream/user-query.ts';
import { comparable, identifierOf, parseIdentifier } from './identifier.ts';

/** One identifier by which somebody is to be forgotten. */
export interface PersonName {
  readonly kind: LookupKind;
  readonly identifier: string;
  /** Counts with e-mails only: people of other named tenants who have this address stay. @default whoever has it, in any tenant */
  readonly tenantKey?: string | undefined;
}

export const EVERY_KIND: readonly LookupKind[] = ['key', 'outId', 'email'];

/** TypeScript says so; programs in JavaScript may not. */
export const isKind = (kind: LookupKind): boolean => EVERY_KIND.includes(kind);

export const unknownKind = () =>
  new GatewayError('BAD_USER_INPUT', `Expected one of the kinds ${EVERY_KIND.join(', ')}, got another.`);

interface SubjectOfName {
  readonly kind: LookupKind;
  readonly tenantKey?: string | undefined;
}

/**
 * The name in the form in which two spellings of it are equal.
 * @throws GatewayError BAD_USER_INPUT as look-ups answer it.
 */
export function parsePersonName({ kind, identifier, tenantKey }: PersonName): PersonName {
  if (!isKind(kind)) throw unknownKind();
  const id = comparable(kind, parseIdentifier(kind, identifier));
  if (kind !== 'email' || tenantKey === undefined) return { kind, identifier: id };
  return { kind, identifier: id, tenantKey: parseIdentifier('tenantKey', tenantKey) };
}

/** The name of an identifier of this subject. */
export function nameOf({ kind, tenantKey }: SubjectOfName, id: string): PersonName {
  return { kind, identifier: id, ...(kind === 'email' && tenantKey !== undefined && { tenantKey }) };
}

/** All that a row tells somebody goes by. @param tenantKey the tenant that was named to find it. */
export function namesOf(person: Person, tenantKey: string | undefined): PersonName[] {
  return EVERY_KIND.flatMap((kind) => {
    const value = identifierOf(person, kind);
    return value === null ? [] : [nameOf({ kind, tenantKey }, comparable(kind, value))];
  });
}

/** Names, and whom they mean. */
export interface NameSet {
  readonly names: readonly PersonName[];
  add(name: PersonName): void;
  /** Whether it is one of them, in whatever tenant. */
  has(kind: LookupKind, id: string): boolean;
  /**
   * Whether an identifier of this subject is meant. A row does not tell its tenant, so an address that was found without naming
   * one may be that of any.
   */
  means(subject: SubjectOfName, id: string): boolean;
}

export function createNameSet(asked: Iterable<PersonName> = []): NameSet {
  const names: PersonName[] = [];
  const tenantsOf = {
    key: new Map<string, Set<string | undefined>>(),
    outId: new Map<string, Set<string | undefined>>(),
    email: new Map<string, Set<string | undefined>>(),
  };
  const set: NameSet = {
    names,
    add(name) {
      const { kind, identifier, tenantKey } = name;
      const tenants = tenantsOf[kind].get(identifier) ?? new Set();
      if (tenants.has(tenantKey)) return;
      tenantsOf[kind].set(identifier, tenants.add(tenantKey));
      names.push(name);
    },
    has: (kind, id) => tenantsOf[kind].has(id),
    means({ kind, tenantKey }, id) {
      const tenants = tenantsOf[kind].get(id);
      return tenants !== undefined && (tenantKey === undefined || tenants.has(undefined) || tenants.has(tenantKey));
    },
  };
  for (const name of asked) set.add(name);
  return set;
}

/** A text that stands for the identifier, in whatever tenant, for maps. */
export const nameKey = ({ kind, identifier }: PersonName): string => `${kind}\n${identifier}`;
