import { domainToASCII, domainToUnicode } from 'node:url';
import { GatewayError } from '../errors.ts';
import type { Person } from '../upstream/person.ts';
import type { LookupKind } from '../upstream/user-query.ts';

/** Longer than any identifier that Lark gives out, short enough to keep a batch of 100 small. */
export const MAX_IDENTIFIER_LENGTH = 256;

const nameOf: Record<LookupKind | 'tenantKey', string> = {
  key: 'a user key',
  outId: 'an out id',
  email: 'an e-mail address',
  tenantKey: 'a tenant key',
};

/** Nearly all are of these characters, and to look up what each character is takes long. */
const USUAL: Record<LookupKind | 'tenantKey', RegExp> = {
  key: /^[!-~]+$/,
  outId: /^[!-~]+$/,
  email: /^[!-?A-~]+@[!-?A-~]+$/,
  tenantKey: /^[!-~]+$/,
};

/**
 * The identifier as it is sent upstream: trimmed, an e-mail in the spelling it was asked in, in Unicode form NFC (RFC 6532, 3.1).
 * One malformed value can fail the 99 beside it in a call, so what cannot be one is stopped here.
 * The message describes the value and does not repeat it: error logs of clients are no place for identifiers.
 *
 * @throws GatewayError BAD_USER_INPUT where it is empty, over 256 characters, has spaces or control characters inside,
 *   or, for e-mails, is not of the form name@domain.
 */
export function parseIdentifier(kind: LookupKind | 'tenantKey', raw: string): string {
  // TypeScript says so; programs in JavaScript may not.
  if (typeof raw !== 'string') throw badInput(kind, `a ${typeof raw}`, ' as text');
  if (raw.length <= MAX_IDENTIFIER_LENGTH && USUAL[kind].test(raw)) return raw;
  const value = raw.trim();
  if (value === '') throw badInput(kind, 'an empty text');
  if (value.length > MAX_IDENTIFIER_LENGTH) {
    throw badInput(kind, `${value.length} characters`, ` of at most ${MAX_IDENTIFIER_LENGTH} characters`);
  }
  if (/[\s\p{C}]/u.test(value)) throw badInput(kind, 'a text with spaces or control characters inside');
  if (kind === 'email' && !/^[^@]+@[^@]+$/.test(value)) {
    throw badInput(
      kind,
      `a text with ${value.includes('@') ? 'more than a name, one @ and a domain' : 'no @'}`,
      ' such as name@example.com',
    );
  }
  return kind === 'email' ? composed(value) : value;
}

/** The same, with what is wrong as the answer. */
export function tryToParse(kind: LookupKind | 'tenantKey', raw: string): string | GatewayError {
  try {
    return parseIdentifier(kind, raw);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

/**
 * The form in which two spellings of one identifier are equal. E-mails come back in another letter case, in another Unicode form
 * (NFC, NFD), or with a domain in its other form (`münchen.example`, `xn--mnchen-3ya.example`).
 */
export function comparable(kind: LookupKind, identifier: string): string {
  const trimmed = identifier.trim();
  if (kind !== 'email') return trimmed;
  if (IS_ASCII.test(trimmed)) return trimmed.toLowerCase();
  // Such a text is rejected; to compose a long row of combining marks takes time in its square.
  if (trimmed.length > MAX_IDENTIFIER_LENGTH) return trimmed;
  const text = Array.from(composed(trimmed), withoutCase).join('');
  const domainAt = text.lastIndexOf('@') + 1;
  return domainAt === 0 ? text : text.slice(0, domainAt) + asciiDomain(text.slice(domainAt));
}

const IS_ASCII = /^[\0-\x7f]*$/;

/** NFC, but for the three signs that it turns into ASCII: Kelvin, the Greek question mark, varia. They make another address. */
const composed = (text: string): string => text.replace(/[^\u212a\u037e\u1fef]+/g, (part) => part.normalize('NFC'));

/** Only where it is the other case of the same letter: the sign for Kelvin becomes a "k" as well, and is another address. */
function withoutCase(character: string): string {
  const lower = character.toLowerCase();
  return lower.toUpperCase() === character ? lower : character;
}

/** Labels that IDNA maps to others, fullwidth letters say, stay as they are. */
function asciiDomain(domain: string): string {
  const toAscii = (label: string): string => {
    if (IS_ASCII.test(label)) return label;
    const ascii = domainToASCII(label);
    return domainToUnicode(ascii) === label ? ascii : label;
  };
  return domain.split('.').map(toAscii).join('.');
}

/** What a person goes by in this kind of look-up; `null` where the user API did not tell. */
export function identifierOf(person: Person, kind: LookupKind): string | null {
  return person[kind];
}

function badInput(kind: LookupKind | 'tenantKey', came: string, detail = ''): GatewayError {
  return new GatewayError('BAD_USER_INPUT', `Expected ${nameOf[kind]}${detail}, got ${came}.`);
}
