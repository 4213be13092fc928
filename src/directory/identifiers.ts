import { domainToASCII, domainToUnicode } from 'node:url';
import { GatewayError } from '../errors.ts';
import { byKind, KIND_FIELDS, LOOKUP_KINDS, type LookupKind } from '../lookup-kinds.ts';
import type { LarkUser } from '../upstream/lark-user.ts';

/** Longer than any identifier that Lark gives out, short enough to keep a batch of 100 small. */
export const MAX_IDENTIFIER_LENGTH = 256;

/** TypeScript says so; programs in JavaScript may not. */
export const isKind = (kind: LookupKind): boolean => LOOKUP_KINDS.includes(kind);

export const unknownKind = () =>
  new GatewayError('BAD_USER_INPUT', `Expected one of the kinds ${LOOKUP_KINDS.join(', ')}, got another.`);

/** One identifier of a user. */
export interface UserIdentifier {
  readonly kind: LookupKind;
  readonly identifier: string;
  /** Counts with e-mails only: the tenant that was named. @default any tenant */
  readonly tenantKey?: string | undefined;
}

type ParsedKind = LookupKind | 'tenantKey';

/** Nearly all identifiers are of these characters, and to look at the class of each character takes long. */
const USUAL: Record<ParsedKind, RegExp> = {
  key: /^[!-~]+$/,
  outId: /^[!-~]+$/,
  email: /^[!-?A-~]+@[!-?A-~]+$/,
  tenantKey: /^[!-~]+$/,
};

/** Of the usual characters, and in normalized form. */
const NORMALIZED: Record<LookupKind, RegExp> = { ...USUAL, email: /^[!-?[-~]+@[!-?[-~]+$/ };

/** True for a valid identifier in normalized form, as nearly all are: sent upstream, and looked up, as it is. */
export const isNormalized = (kind: LookupKind, raw: unknown): boolean =>
  typeof raw === 'string' && raw.length <= MAX_IDENTIFIER_LENGTH && NORMALIZED[kind].test(raw);

/**
 * The identifier as it is sent upstream: trimmed, an e-mail in the spelling of the client and in Unicode form NFC (RFC 6532 §3.1). One
 * malformed value can fail the 99 beside it in a batch, so it is rejected here. The message describes the value without repeating it: client logs are no place for identifiers.
 *
 * @throws GatewayError BAD_USER_INPUT where it is empty, over 256 characters, has spaces or control characters inside,
 *   or, for e-mails, is not of the form name@domain.
 */
export function parseIdentifier(kind: ParsedKind, raw: string): string {
  const parsed = tryToParse(kind, raw);
  if (parsed instanceof GatewayError) throw parsed;
  return parsed;
}

/** The same, with the error returned. */
export function tryToParse(kind: ParsedKind, raw: string): string | GatewayError {
  // TypeScript says so; programs in JavaScript may not.
  if (typeof raw !== 'string') return badInput(kind, `a ${typeof raw}`, ' as text');
  if (raw.length <= MAX_IDENTIFIER_LENGTH && USUAL[kind].test(raw)) return raw;
  const value = raw.trim();
  if (value === '') return badInput(kind, 'an empty text');
  if (value.length > MAX_IDENTIFIER_LENGTH) {
    return badInput(kind, `${value.length} characters`, ` of at most ${MAX_IDENTIFIER_LENGTH} characters`);
  }
  if (/[\s\p{C}]/u.test(value)) return badInput(kind, 'a text with spaces or control characters inside');
  if (kind === 'email' && !/^[^@]+@[^@]+$/.test(value)) {
    const came = value.includes('@') ? 'more than a name, one @ and a domain' : 'no @';
    return badInput(kind, `a text with ${came}`, ' such as name@example.com');
  }
  return kind === 'email' ? composed(value) : value;
}

const nounOf = (kind: ParsedKind): string => (kind === 'tenantKey' ? 'a tenant key' : KIND_FIELDS[kind].noun);

function badInput(kind: ParsedKind, came: string, detail = ''): GatewayError {
  return new GatewayError('BAD_USER_INPUT', `Expected ${nounOf(kind)}${detail}, got ${came}.`);
}

/**
 * The form in which two spellings of one identifier are equal. The user API may return an e-mail in another letter case, in another
 * Unicode form (NFC, NFD), or with its domain in the other form (`münchen.example`, `xn--mnchen-3ya.example`).
 */
export function normalize(kind: LookupKind, identifier: string): string {
  const trimmed = identifier.trim();
  if (kind !== 'email') return trimmed;
  if (IS_ASCII.test(trimmed)) return trimmed.toLowerCase();
  // Such a text is rejected, and to compose a long run of combining marks takes quadratic time.
  if (trimmed.length > MAX_IDENTIFIER_LENGTH) return trimmed;
  const text = Array.from(composed(trimmed), lowerCase).join('');
  const domainAt = text.lastIndexOf('@') + 1;
  return domainAt === 0 ? text : text.slice(0, domainAt) + asciiDomain(text.slice(domainAt));
}

const IS_ASCII = /^[\0-\x7f]*$/;

/** NFC, but for the three characters that it maps to ASCII: Kelvin, the Greek question mark, varia. They make another address. */
const composed = (text: string): string => text.replace(/[^\u212a\u037e\u1fef]+/g, (part) => part.normalize('NFC'));

/** Labels that IDNA maps to others, fullwidth letters say, stay as they are. */
function asciiDomain(domain: string): string {
  const toAscii = (label: string): string => {
    if (IS_ASCII.test(label)) return label;
    const ascii = domainToASCII(label);
    return domainToUnicode(ascii) === label ? ascii : label;
  };
  return domain.split('.').map(toAscii).join('.');
}

/** Only to the other case of the same letter: the Kelvin sign becomes a "k" as well, and is another address. */
function lowerCase(character: string): string {
  const lower = character.toLowerCase();
  return lower.toUpperCase() === character ? lower : character;
}

/**
 * The identifier in normalized form.
 * @throws GatewayError BAD_USER_INPUT as lookups return it.
 */
export function parseUserIdentifier({ kind, identifier, tenantKey }: UserIdentifier): UserIdentifier {
  if (!isKind(kind)) throw unknownKind();
  const id = normalize(kind, parseIdentifier(kind, identifier));
  if (kind !== 'email' || tenantKey === undefined) return { kind, identifier: id };
  return { kind, identifier: id, tenantKey: parseIdentifier('tenantKey', tenantKey) };
}

/** An identifier as looked up in a tenant. */
export const identifierIn = (
  { kind, tenantKey }: Pick<UserIdentifier, 'kind' | 'tenantKey'>,
  id: string,
): UserIdentifier => ({ kind, identifier: id, ...(kind === 'email' && tenantKey !== undefined && { tenantKey }) });

/** All identifiers that a row shows, normalized. @param tenantKey the tenant that was named to find it. */
export function identifiersOf(user: LarkUser, tenantKey: string | undefined): UserIdentifier[] {
  return LOOKUP_KINDS.flatMap((kind) => {
    const value = user[kind];
    return value === null ? [] : [identifierIn({ kind, tenantKey }, normalize(kind, value))];
  });
}

/** As a map key, in whatever tenant. */
export const identifierKey = ({ kind, identifier }: UserIdentifier): string => `${kind}\n${identifier}`;

/** Identifiers of one user, or of several. */
export interface IdentifierSet {
  readonly all: readonly UserIdentifier[];
  add(identifier: UserIdentifier): void;
  /** True where it is one of them, in whatever tenant. */
  has(kind: LookupKind, id: string): boolean;
  /** True where a lookup of it would mean one of them. A row does not show its tenant, so an address without one may be of any. */
  means(where: Pick<UserIdentifier, 'kind' | 'tenantKey'>, id: string): boolean;
}

export function createIdentifierSet(initial: Iterable<UserIdentifier> = []): IdentifierSet {
  const all: UserIdentifier[] = [];
  const tenants = byKind(() => new Map<string, Set<string | undefined>>());
  const set: IdentifierSet = {
    all,
    add(added) {
      const { kind, identifier, tenantKey } = added;
      const known = tenants[kind].get(identifier) ?? new Set();
      if (known.has(tenantKey)) return;
      tenants[kind].set(identifier, known.add(tenantKey));
      all.push(added);
    },
    has: (kind, id) => tenants[kind].has(id),
    means({ kind, tenantKey }, id) {
      const known = tenants[kind].get(id);
      return known !== undefined && (tenantKey === undefined || known.has(undefined) || known.has(tenantKey));
    },
  };
  for (const identifier of initial) set.add(identifier);
  return set;
}
