import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isUnionType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
} from 'graphql';
import { type Numbers, type Tape, tapeOf } from './tape.ts';
import type { Values } from './values.ts';

/** What a document is made from: a tape for each operation and each of its root selections. */
export interface DocumentRecipe {
  readonly style: Numbers;
  readonly operations: readonly { readonly head: Numbers; readonly selections: readonly Numbers[] }[];
}

export interface MadeDocument {
  readonly text: string;
  readonly operations: readonly (string | undefined)[];
  readonly variables: readonly { readonly name: string; readonly meaning: string; readonly type: GraphQLInputType }[];
}

/** What answers the same response name has to be the same field with the same arguments. */
interface Scope extends Map<string, { readonly field: Field; readonly args: string; readonly inside: Scope }> {}
type Field = GraphQLField<unknown, unknown>;
interface Used {
  readonly variables: Set<string>;
  readonly fragments: Set<string>;
}
interface Fragment {
  readonly text: string;
  readonly used: Used;
  readonly type: GraphQLCompositeType;
  readonly scope: Scope;
}

const ALIASES = ['a', 'A1_', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'key', 'data', 'name'];
const MOST_DEPTH = 5;
const TYPENAME = '__typename';

/** Walks the schema: whatever field, argument or type it gets is asked for from then on. */
export function makeDocument(schema: GraphQLSchema, values: Values, recipe: DocumentRecipe): MadeDocument {
  const variables = new Map<string, { meaning: string; type: GraphQLInputType; definition: string }>();
  const fragments = new Map<string, Fragment>();
  const style = tapeOf(recipe.style);
  const gap = style.pick([' ', '\n', ' , ', ' # é\n', '\t']);
  const isInvalid = style.isOneOf100(5);
  let used: Used = { variables: new Set(), fragments: new Set() };
  let made = 0;

  const query = schema.getQueryType();
  if (!query) throw new TypeError('Expected a schema with queries.');
  const operations = recipe.operations.map(({ head, selections }, index) => {
    const tape = tapeOf(head);
    used = { variables: new Set(), fragments: new Set() };
    const isUnnamed = recipe.operations.length === 1 && tape.below(3) === 0;
    const name = isUnnamed ? undefined : `${tape.pick(['Q', 'constructor', '__proto__', 'q_1'])}${index || ''}`;
    const scope: Scope = new Map();
    const inside = selections.map((one) => selection(query, scope, tapeOf(one), 0)).join(gap);
    const directive = tape.isOneOf100(1) ? ' @include(if: true)' : '';
    const definitions = [...variablesOf(used)].map((each) => variables.get(each)?.definition).join(', ');
    const declared = definitions === '' ? '' : `(${definitions})`;
    const isShort = name === undefined && declared + directive === '' && tape.below(2) === 0;
    return { name, text: `${isShort ? '' : `query ${name ?? ''}${declared}${directive} `}{${gap}${inside}${gap}}` };
  });
  const texts = [...operations.map(({ text }) => text), ...Array.from(fragments.values(), ({ text }) => text)];
  const whole = (style.isOneOf100(30) ? texts.toReversed() : texts).join(gap);
  return {
    text: isInvalid ? spoil(whole, style) : whole,
    operations: operations.map(({ name }) => name),
    variables: Array.from(variables, ([name, { meaning, type }]) => ({ name, meaning, type })),
  };

  function selectionSet(type: GraphQLCompositeType, scope: Scope, tape: Tape, depth: number): string {
    const selections = Array.from({ length: 1 + tape.below(4) }, () => selection(type, scope, tape, depth));
    return `{${gap}${selections.join(gap)}${gap}}`;
  }

  function selection(type: GraphQLCompositeType, scope: Scope, tape: Tape, depth: number): string {
    const kind = tape.below(20);
    const isDeep = depth >= MOST_DEPTH;
    if (kind === 13 || (isDeep && isUnionType(type))) return typename(scope, tape);
    if (kind === 14 && !isDeep) return `...${directives(tape)} ${selectionSet(type, scope, tape, depth + 1)}`;
    if ((kind === 15 && !isDeep) || isUnionType(type)) return inline(type, scope, tape, depth);
    if (kind >= 16 && kind <= 17 && !isDeep) return spread(type, scope, tape, depth);
    const twin = kind >= 18 ? tape.pick([undefined, ...scope]) : undefined;
    if (!twin) return newField(type, scope, tape, depth);
    const [responseKey, { field, args, inside }] = twin;
    return written(responseKey, field, args, inside, tape, depth);
  }

  /** A type condition, on the type itself or on one that it can be. */
  function inline(type: GraphQLCompositeType, scope: Scope, tape: Tape, depth: number): string {
    const condition = narrowed(type, tape);
    return `... on ${condition.name}${directives(tape)} ${selectionSet(condition, scope, tape, depth + 1)}`;
  }

  function narrowed(type: GraphQLCompositeType, tape: Tape): GraphQLCompositeType {
    return isAbstractType(type) ? tape.pick<GraphQLCompositeType>([...schema.getPossibleTypes(type), type]) : type;
  }

  /** A fragment of its own, or one that there is and that fits. */
  function spread(type: GraphQLCompositeType, scope: Scope, tape: Tape, depth: number): string {
    const fitting = [...fragments].filter(
      ([, fragment]) =>
        fragment.type === type &&
        [...fragment.scope].every(([key, { field, args }]) => {
          const there = scope.get(key);
          return !there || (there.field === field && there.args === args);
        }),
    );
    const known = tape.below(2) === 0 ? undefined : tape.pick([undefined, ...fitting]);
    if (known) {
      for (const [key, entry] of known[1].scope) if (!scope.has(key)) scope.set(key, entry);
      used.fragments.add(known[0]);
      return `...${known[0]}${directives(tape)}`;
    }
    const name = `${tape.pick(['F', 'toString', 'f_'])}${made++}`;
    const outer = used;
    used = { variables: new Set(), fragments: new Set() };
    const condition = narrowed(type, tape);
    const inside = selectionSet(condition, scope, tape, depth + 1);
    fragments.set(name, { text: `fragment ${name} on ${condition.name} ${inside}`, used, type, scope: new Map(scope) });
    used = outer;
    used.fragments.add(name);
    return `...${name}${directives(tape)}`;
  }

  function typename(scope: Scope, tape: Tape): string {
    const alias = tape.isOneOf100(20) ? free(`${tape.pick(ALIASES)}_t`, scope) : undefined;
    return `${alias ? `${alias}: ` : ''}${TYPENAME}${directives(tape)}`;
  }

  function newField(type: GraphQLCompositeType, scope: Scope, tape: Tape, depth: number): string {
    const own: Field[] = isUnionType(type) ? [] : Object.values(type.getFields());
    const leaves = own.filter((each) => !isCompositeType(getNamedType(each.type)));
    const meta = type === query && tape.isOneOf100(3) ? [SchemaMetaFieldDef, TypeMetaFieldDef] : [];
    // What a gateway tells of itself is asked for now and then.
    const usual = type === query && !tape.isOneOf100(8) ? own.filter(({ args }) => args.length > 0) : own;
    const field = tape.pick(meta.length > 0 ? meta : depth >= MOST_DEPTH && leaves.length > 0 ? leaves : usual);
    if (depth >= MOST_DEPTH && leaves.length === 0) return typename(scope, tape);
    const args = argumentsOf(field, tape);
    const wanted = tape.isOneOf100(35) ? tape.pick(ALIASES) : field.name;
    const there = scope.get(wanted);
    const isTwin = there?.field === field && there.args === args;
    const responseKey = there && !isTwin ? free(wanted, scope) : wanted;
    const inside: Scope = (isTwin ? there?.inside : undefined) ?? new Map();
    scope.set(responseKey, { field, args, inside });
    return written(responseKey, field, args, inside, tape, depth);
  }

  function written(key: string, field: Field, args: string, inside: Scope, tape: Tape, depth: number): string {
    const named = key === field.name ? key : `${key}: ${field.name}`;
    const type = getNamedType(field.type);
    const below = isCompositeType(type) ? ` ${selectionSet(type, inside, tape, depth + 1)}` : '';
    return `${named}${args}${directives(tape)}${below}`;
  }

  function free(wanted: string, scope: Scope): string {
    let name = wanted;
    while (scope.has(name)) name = `${wanted.replace(/_\d+$/, '')}_${made++}`;
    return name;
  }

  function argumentsOf(field: Field, tape: Tape): string {
    const given = field.args.filter((arg) => (isNonNullType(arg.type) ? true : tape.isOneOf100(40)));
    if (given.length === 0) return '';
    return `(${given.map((arg) => `${arg.name}: ${argument(arg, tape)}`).join(', ')})`;
  }

  function argument({ name, type }: GraphQLArgument, tape: Tape): string {
    if (tape.below(2) === 1) return variable(name, type, tape);
    if (!isNonNullType(type) && tape.isOneOf100(10)) return 'null';
    const nullable = getNullableType(type);
    // An item of a list can be a variable, too.
    if (isListType(nullable) && tape.isOneOf100(10)) {
      const item = values.literal(values.good(nullable.ofType, name, tape), nullable.ofType, tape);
      return `[${variable(name, nullable.ofType, tape)}, ${item}]`;
    }
    return values.literal(values.good(type, name, tape), type, tape);
  }

  function variable(meaning: string, type: GraphQLInputType, tape: Tape): string {
    const reusable = [...variables].filter(([, known]) => String(known.type) === String(type));
    const [reused] = (tape.isOneOf100(25) ? tape.pick([undefined, ...reusable]) : undefined) ?? [];
    const name = reused ?? `${tape.pick(['v', 'constructor', '_'])}${variables.size}`;
    used.variables.add(name);
    if (reused !== undefined) return `$${name}`;
    const hasDefault = tape.isOneOf100(30);
    const declared = hasDefault && tape.below(2) === 0 ? getNullableType(type) : type;
    const inDefault = tape.isOneOf100(10) && !isNonNullType(type) ? null : values.good(type, meaning, tape);
    const byDefault = hasDefault ? ` = ${values.literal(inDefault, type, tape)}` : '';
    variables.set(name, { meaning, type, definition: `$${name}: ${String(declared)}${byDefault}` });
    return `$${name}`;
  }

  function directives(tape: Tape): string {
    if (!tape.isOneOf100(14)) return '';
    const one = (name: string) => {
      const condition = schema.getDirective(name)?.args[0];
      if (!condition) throw new TypeError(`Expected the directive @${name} in the schema.`);
      const value = tape.below(2) === 1 ? variable('if', condition.type, tape) : String(tape.below(2) === 0);
      return ` @${name}(${condition.name}: ${value})`;
    };
    return tape
      .pick([['include'], ['skip'], ['include', 'skip'], ['skip', 'include']])
      .map(one)
      .join('');
  }

  function variablesOf(one: Used, seen = new Set<string>()): Set<string> {
    const found = new Set(one.variables);
    for (const name of one.fragments) {
      const fragment = fragments.get(name);
      if (!fragment || seen.has(name)) continue;
      seen.add(name);
      for (const each of variablesOf(fragment.used, seen)) found.add(each);
    }
    return found;
  }
}

/** One of the ways in which a document is wrong. */
function spoil(text: string, tape: Tape): string {
  const end = text.lastIndexOf('}');
  return tape.pick([
    `${text.slice(0, end)} nothing }`,
    `${text.slice(0, end)} user { key } }`,
    `${text.slice(0, end)} ...Nothing }`,
    `${text.slice(0, end)} t: __typename @nothing }`,
    text.slice(0, end),
    `${text} fragment Unused on User { key }`,
    `mutation { a } ${text}`,
    `subscription S { __typename } ${text}`,
    '',
  ]);
}
