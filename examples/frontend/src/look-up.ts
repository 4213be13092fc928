import type { Answer, GatewayFault } from './gateway.ts';
import type { PeopleQuery, PeopleQueryVariables, UserCardFragment } from './generated/graphql.ts';
import { type Identifier, inOperations, type Kind } from './identifiers.ts';

export interface Failure {
  /** One of the gateway's codes, or `NO_ANSWER`. */
  readonly code: string;
  readonly message: string;
  readonly identifiers: readonly Identifier[];
}

/** What is known so far. */
export interface Progress {
  readonly asked: number;
  readonly answered: number;
  /** Each once, however many identifiers led to them; in the order they were asked for. */
  readonly people: readonly UserCardFragment[];
  readonly missing: readonly Identifier[];
  /** One for each code and message. */
  readonly failures: readonly Failure[];
  readonly upstreamCalls: number;
  readonly cacheHits: number;
}

export type AskPeople = (variables: PeopleQueryVariables) => Promise<Answer<PeopleQuery>>;

const FIELDS = { key: 'users', email: 'usersByEmail', outId: 'usersByOutId' } as const satisfies Record<
  Kind,
  keyof PeopleQuery
>;

/** Asks one operation after the other, and tells after each what is known so far. */
export async function* lookUp(identifiers: readonly Identifier[], askPeople: AskPeople): AsyncGenerator<Progress> {
  const people = new Map<string, UserCardFragment>();
  const missing: Identifier[] = [];
  const failures = new Map<string, Failure & { readonly identifiers: Identifier[] }>();
  let [answered, upstreamCalls, cacheHits] = [0, 0, 0];

  for (const operation of inOperations(identifiers)) {
    const valuesOf = (kind: Kind) => operation.filter((one) => one.kind === kind).map(({ value }) => value);
    const answer = await askPeople({ keys: valuesOf('key'), emails: valuesOf('email'), outIds: valuesOf('outId') });

    const faultOf = faultsByPlace(answer.errors ?? []);
    const places = { key: 0, email: 0, outId: 0 };
    for (const identifier of operation) {
      const field = FIELDS[identifier.kind];
      const at = places[identifier.kind]++;
      const person = answer.data?.[field][at];
      const fault = faultOf(field, at, Boolean(answer.data));
      if (person) people.set(person.key, person);
      if (fault) addFailure(failures, fault, identifier);
      if (!person && !fault) missing.push(identifier);
    }
    answered += operation.length;
    upstreamCalls += answer.extensions?.receipt?.upstreamCalls ?? 0;
    cacheHits += answer.extensions?.receipt?.cacheHits ?? 0;
    yield {
      asked: identifiers.length,
      answered,
      people: [...people.values()],
      missing: [...missing],
      failures: [...failures.values()].map((failure) => ({ ...failure, identifiers: [...failure.identifiers] })),
      upstreamCalls,
      cacheHits,
    };
  }
}

/** The path of an error names the field and the place in its list. One without a place is about the whole request. */
function faultsByPlace(errors: readonly GatewayFault[]) {
  const byPlace = new Map<string, GatewayFault>();
  let ofAll: GatewayFault | undefined;
  for (const error of errors) {
    const [field, at] = error.path ?? [];
    if (at === undefined) ofAll ??= error;
    else byPlace.set(`${field}.${at}`, error);
  }
  return (field: string, at: number, hasData: boolean): GatewayFault | undefined =>
    byPlace.get(`${field}.${at}`) ??
    (hasData ? undefined : (ofAll ?? { message: 'The answer has neither data nor errors.' }));
}

function addFailure(
  failures: Map<string, Failure & { readonly identifiers: Identifier[] }>,
  { message, extensions: { code = 'NO_ANSWER' } = {} }: GatewayFault,
  identifier: Identifier,
): void {
  const id = `${code} ${message}`;
  const failure = failures.get(id) ?? { code, message, identifiers: [] };
  failures.set(id, failure);
  failure.identifiers.push(identifier);
}
