import {
  type FieldNode,
  type GraphQLArgument,
  GraphQLError,
  type GraphQLField,
  getArgumentValues,
  isNonNullType,
  Kind,
  visit,
} from 'graphql';

type Values = Readonly<Record<string, unknown>>;

/** Reads the arguments of one field from the coerced variables. @returns `undefined` where that is for graphql-js to refuse. */
export type ReadArguments = (variables: Record<string, unknown>) => Values | undefined;

/** @throws GraphQLError where a literal is not what its argument takes. */
export function planArguments(field: GraphQLField<unknown, unknown>, node: FieldNode): ReadArguments {
  if (!holdsVariables(node)) {
    const constant = getArgumentValues(field, node);
    return () => constant;
  }
  const variables = directVariables(field, node);
  return variables ? (values) => readDirect(variables, values) : (values) => readByGraphql(field, node, values);
}

/**
 * Reads the arguments of several fields, one after the other. Few fields of a person have arguments, and fewer take them from variables:
 * where none does, there is nothing to read.
 * @returns for each field its arguments; `undefined` where those of one are for graphql-js to refuse.
 */
export function planArgumentsOfAll(
  fields: readonly { readonly field: GraphQLField<unknown, unknown>; readonly node: FieldNode }[],
): (variables: Record<string, unknown>) => readonly Values[] | undefined {
  const readers = fields.map(({ field, node }) => planArguments(field, node));
  const read = (variables: Record<string, unknown>) => {
    const all = readers.map((readArguments) => readArguments(variables));
    return all.includes(undefined) ? undefined : (all as Values[]);
  };
  if (fields.some(({ node }) => holdsVariables(node))) return read;
  const constant = read({});
  return () => constant;
}

interface DirectVariable {
  readonly argument: GraphQLArgument;
  readonly variable: string;
}

/** Where each argument that is given is a variable and nothing else, as in most documents of programs. */
function directVariables({ args }: GraphQLField<unknown, unknown>, node: FieldNode): DirectVariable[] | undefined {
  const direct: DirectVariable[] = [];
  for (const argument of args) {
    const value = node.arguments?.find(({ name }) => name.value === argument.name)?.value;
    if (argument.defaultValue !== undefined || (value && value.kind !== Kind.VARIABLE)) return undefined;
    if (value) direct.push({ argument, variable: value.name.value });
  }
  return direct;
}

function readDirect(direct: readonly DirectVariable[], variables: Values): Values | undefined {
  const args: Record<string, unknown> = {};
  for (const { argument, variable } of direct) {
    const isGiven = Object.hasOwn(variables, variable);
    const value = variables[variable];
    if (isNonNullType(argument.type) && (!isGiven || value === null)) return undefined;
    if (isGiven) args[argument.name] = value;
  }
  return args;
}

function readByGraphql(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Record<string, unknown>,
): Values | undefined {
  try {
    return getArgumentValues(field, node, variables);
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
}

function holdsVariables(node: FieldNode): boolean {
  let isFound = false;
  for (const argument of node.arguments ?? []) {
    visit(argument, {
      Variable() {
        isFound = true;
      },
    });
  }
  return isFound;
}
