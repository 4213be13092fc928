import { type GraphQLInputType, isEnumType, isInputObjectType, isListType, isNonNullType, isScalarType } from 'graphql';
import type { SandboxPerson } from '../../../src/sandbox/sandbox.ts';
import type { Tape } from './tape.ts';

/** What arguments and variables can hold: as JSON, and as it is written into a document. */
export interface Values {
  /** A value of this type. @param name of the argument, which tells what it means: keys, e-mails, tenants. */
  good(type: GraphQLInputType, name: string, tape: Tape): unknown;
  /** Any other JSON. */
  wrong(tape: Tape): unknown;
  /** As GraphQL writes a value of this type. */
  literal(value: unknown, type: GraphQLInputType, tape: Tape): string;
}

/** What is no identifier, or nobody's, or a strange one. */
const STRANGE = ['', ' ', 'a b', 'a\u0001b', '张三', 'a"b\\c', '\u2028', 'x'.repeat(300), '__proto__', '\ud800'];

/** More than fit into one call, and none of them is known. */
function strangers(name: string): string[] | undefined {
  const makers: Record<string, (n: number) => string> = {
    keys: (n) => `72${String(n).padStart(17, '0')}`,
    outIds: (n) => `on_${n}`,
    emails: (n) => `stranger${n}@example.com`,
  };
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  return make && Array.from({ length: 120 }, (_, n) => make(n));
}

export function createValues(people: readonly SandboxPerson[]): Values {
  const person = (tape: Tape) => tape.pick(people);
  const strange = (tape: Tape, usual: string) => (tape.isOneOf100(8) ? tape.pick(STRANGE) : usual);
  const key = (tape: Tape) => {
    const known = tape.isOneOf100(15) ? tape.pick(['79999', '7999999999999999999']) : person(tape).user_key;
    return strange(tape, tape.isOneOf100(5) ? ` ${known}\n` : known);
  };
  const outId = (tape: Tape) =>
    strange(tape, (tape.isOneOf100(15) ? undefined : person(tape).out_id) ?? 'on_00000000000000000000000000000000');
  const email = (tape: Tape) => {
    const known = (tape.isOneOf100(15) ? undefined : person(tape).email) || 'nobody@example.com';
    const spelt = tape.pick([known, known.toUpperCase(), known.toLowerCase(), ` ${known} `]);
    return tape.isOneOf100(5) ? tape.pick(['nobody', 'a@b@c', '@', 'a@']) : strange(tape, spelt);
  };
  const tenant = (tape: Tape) => strange(tape, tape.pick(['tenant_example_com', 'tenant_example_org', 'elsewhere']));

  function text(name: string, tape: Tape): string {
    const meanings: [RegExp, (tape: Tape) => string][] = [
      [/email/i, email],
      [/outid/i, outId],
      [/tenant/i, tenant],
      [/key/i, key],
      [/^name$/, () => tape.pick(['User', 'Query', 'UserNameLocale', 'Nobody'])],
    ];
    // A name that is not known yet may mean any of them.
    const [, make] = meanings.find(([pattern]) => pattern.test(name)) ?? tape.pick(meanings);
    return make(tape);
  }

  function representation(tape: Tape): unknown {
    if (tape.isOneOf100(6)) return tape.pick([null, 'User', 7, [], {}, [{ __typename: 'User', key: key(tape) }]]);
    const reference: Record<string, unknown> = { __typename: tape.isOneOf100(4) ? 'Comment' : 'User' };
    const makers = [
      ['key', key],
      ['outId', outId],
      ['email', email],
    ] as const;
    for (let more = 1 + tape.below(2); more > 0; more--) {
      const [name, make] = tape.pick(makers);
      reference[name] = tape.isOneOf100(6) ? tape.pick([null, 7, true]) : make(tape);
    }
    if (tape.isOneOf100(5)) reference.more = { than: ['is', 'asked'] };
    return reference;
  }

  function good(type: GraphQLInputType, name: string, tape: Tape): unknown {
    if (isNonNullType(type)) return good(type.ofType, name, tape);
    if (isListType(type)) {
      const many = tape.isOneOf100(4) ? strangers(name) : undefined;
      if (many) return many;
      const length = tape.pick([1, 2, 3, 5, 0, 1, 2, 8, 30]);
      const items = Array.from({ length }, () => good(type.ofType, name, tape));
      if (tape.isOneOf100(15) && items.length > 0) items.push(tape.pick(items));
      return items;
    }
    if (isEnumType(type)) return tape.pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      return Object.fromEntries(
        Object.values(type.getFields()).map((field) => [field.name, good(field.type, field.name, tape)]),
      );
    }
    if (type.name === 'Boolean') return tape.below(2) === 0;
    if (type.name === 'Int' || type.name === 'Float') return tape.below(100);
    return type.name === 'ID' || type.name === 'String' ? text(name, tape) : representation(tape);
  }

  return {
    good,
    wrong: (tape) =>
      tape.pick<unknown>([
        Number('7000000000000000001'), // As JSON has it: the number before that.
        'text',
        true,
        null,
        [],
        [null],
        ['7000000000000000001', null],
        [['7000000000000000001']],
        [7],
        {},
        { a: [1, { b: null }] },
        1.5,
        person(tape).user_key,
        person(tape).email,
      ]),
    literal,
  };
}

function literal(value: unknown, type: GraphQLInputType, tape: Tape): string {
  if (isNonNullType(type)) return literal(value, type.ofType, tape);
  if (isListType(type) && Array.isArray(value)) {
    // One value may stand for a list of one.
    if (value.length === 1 && tape.isOneOf100(10)) return literal(value[0], type.ofType, tape);
    return `[${value.map((item) => literal(item, type.ofType, tape)).join(tape.pick([', ', ' ']))}]`;
  }
  if (isEnumType(type) && typeof value === 'string') return value;
  const isId = isScalarType(type) && type.name === 'ID';
  if (isId && typeof value === 'string' && /^[1-9]\d*$/.test(value) && tape.isOneOf100(20)) return value;
  return anyLiteral(value, tape);
}

function anyLiteral(value: unknown, tape: Tape): string {
  if (Array.isArray(value)) return `[${value.map((item) => anyLiteral(item, tape)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, item]) => `${name}: ${anyLiteral(item, tape)}`)
      .join(', ')}}`;
  }
  if (typeof value === 'string' && /^[\w@. -]+$/.test(value) && tape.isOneOf100(5)) return `"""${value}"""`;
  // Escapes of JSON are escapes of GraphQL, but for half a character.
  return JSON.stringify(value).replace(/\\ud[89a-f]../g, '?');
}
