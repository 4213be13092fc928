import {
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from 'graphql';

/** Stands for a value that GraphQL may take or not: that is for graphql-js to say. */
const ODD = Symbol('odd');

type Coerce = (value: unknown) => unknown;

/** Reads the variables of one operation. @returns coerced; `undefined` where one of them is not simply what its type says. */
export type ReadVariables = (raw: Readonly<Record<string, unknown>>) => Record<string, unknown> | undefined;

interface PlannedVariable {
  readonly name: string;
  readonly coerce: Coerce;
  readonly isRequired: boolean;
  /** Of those that are left out; ODD for none. */
  readonly byDefault: unknown;
}

/** @returns `undefined` where a variable is of a type that is not read here. */
export function planVariables(schema: GraphQLSchema, operation: OperationDefinitionNode): ReadVariables | undefined {
  const planned: PlannedVariable[] = [];
  for (const definition of operation.variableDefinitions ?? []) {
    const variable = planVariable(schema, definition);
    if (!variable) return undefined;
    planned.push(variable);
  }
  return (raw) => readVariables(planned, raw);
}

function readVariables(
  planned: readonly PlannedVariable[],
  raw: Readonly<Record<string, unknown>>,
): Record<string, unknown> | undefined {
  const coerced: Record<string, unknown> = {};
  for (const { name, coerce, isRequired, byDefault } of planned) {
    if (!Object.hasOwn(raw, name)) {
      if (byDefault !== ODD) coerced[name] = byDefault;
      else if (isRequired) return undefined;
      continue;
    }
    const value = coerce(raw[name]);
    if (value === ODD) return undefined;
    coerced[name] = value;
  }
  return coerced;
}

function planVariable(schema: GraphQLSchema, definition: VariableDefinitionNode): PlannedVariable | undefined {
  const name = definition.variable.name.value;
  const type = typeFromAST(schema, definition.type);
  const coerce = isInputType(type) ? coercionOf(type) : undefined;
  // An object would take it for something else.
  if (!isInputType(type) || !coerce || name === '__proto__') return undefined;
  const byDefault = definition.defaultValue ? valueFromAST(definition.defaultValue, type) : ODD;
  return { name, coerce, isRequired: isNonNullType(type), byDefault: byDefault === undefined ? ODD : byDefault };
}

/** What graphql-js does with a value that is exactly of its type; anything else is odd, and not looked into. */
function coercionOf(type: GraphQLInputType): Coerce | undefined {
  if (isNonNullType(type)) {
    const inner = coercionOf(type.ofType);
    return inner && ((value) => (value === null || value === undefined ? ODD : inner(value)));
  }
  const coerce = isListType(type) ? listCoercion(coercionOf(type.ofType)) : namedCoercion(type);
  return coerce && ((value) => (value === null ? null : value === undefined ? ODD : coerce(value)));
}

/** A list whose items are what they are coerced to is itself, as lists of texts are: it was parsed for this request alone. */
function listCoercion(coerce: Coerce | undefined): Coerce | undefined {
  if (!coerce) return undefined;
  return (value) => {
    if (!Array.isArray(value)) return ODD;
    const items: unknown[] = value;
    let coerced: unknown[] | undefined;
    for (let index = 0; index < items.length; index++) {
      const item = coerce(items[index]);
      if (item === ODD) return ODD;
      if (item === items[index]) continue;
      coerced ??= [...items];
      coerced[index] = item;
    }
    return coerced ?? items;
  };
}

function namedCoercion(type: GraphQLInputType): Coerce | undefined {
  if (isEnumType(type)) return (value) => (typeof value === 'string' ? (type.getValue(value)?.value ?? ODD) : ODD);
  return 'name' in type ? BY_NAME[type.name] : undefined;
}

const text: Coerce = (value) => (typeof value === 'string' ? value : ODD);

const BY_NAME: Readonly<Partial<Record<string, Coerce>>> = {
  ID: text,
  String: text,
  Boolean: (value) => (typeof value === 'boolean' ? value : ODD),
  _Any: (value) => value,
};
