import type { MadeDocument } from './documents.ts';
import type { Tape } from './tape.ts';
import type { Values } from './values.ts';

/** One request as it is sent to both gateways. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
  /** Sent in pieces, without telling the length before. */
  readonly isChunked: boolean;
  /** Whose user access token comes with it. @default none */
  readonly userToken?: string | undefined;
  /** How long after the one before, on the clock of the gateways, in milliseconds. */
  readonly afterMs: number;
  /** Whether the faults of this case are on. */
  readonly isStruck: boolean;
}

export interface RequestOptions {
  /** Headers of callers, the most usual first. */
  readonly callers: readonly Readonly<Record<string, string>>[];
  readonly userTokens: readonly string[];
  /** Documents are named by an id: what the client sends in place of one. */
  readonly documentIds: ReadonlyMap<string, string>;
  readonly origins: readonly string[];
  /** More than a body may have, in characters. */
  readonly tooLarge: number;
  /** How long after each other requests come, in milliseconds. */
  readonly pauses: readonly number[];
  /** The faults of a case are on for each request: where an answer in time would be chance. @default for most */
  readonly isAlwaysStruck?: boolean;
}

const JSON_TYPE = 'application/json';
const CONTENT_TYPES = [
  `${JSON_TYPE}; charset=utf-8`,
  'APPLICATION/JSON',
  'application/json ; charset=utf-8',
  'application/json;charset=UTF-8',
  'application/json; charset=utf-16',
  'application/graphql-response+json',
  'application/graphql+json',
  'application/graphql',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'text/plain; application/json',
  'application/jsonp',
  '',
];
const ACCEPTS = [
  '*/*',
  JSON_TYPE,
  'application/graphql-response+json',
  'application/graphql-response+json; charset=utf-8, application/json; charset=utf-8',
  'application/json;q=0.9, application/graphql-response+json;q=0.5',
  'application/graphql-response+json;q=0.9, application/json;q=0.5',
  'application/*',
  'text/html',
  'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'text/event-stream',
  'multipart/mixed',
  'image/png',
  '',
];
const PATHS = [
  '/graphql?',
  '/graphql/',
  '/graphql?query=%7B__typename%7D',
  '/',
  '//graphql',
  '/nowhere?then=/graphql',
  'http://localhost/graphql',
  'http://evil.example/graphql',
];
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Headers that change nothing, or something; each in so many requests of 100. */
const MORE_HEADERS: readonly (readonly [cases: number, name: string, values: readonly string[]])[] = [
  [25, 'x-lookup-receipt', ['true', 'false', 'TRUE']],
  [10, 'x-lookup-cache', ['refresh', 'no']],
  [8, 'traceparent', [TRACE, '00-0', TRACE.replace('-01', '-00')]],
  [2, 'content-encoding', ['gzip', 'identity', 'br', '']],
  [3, 'x-request-id', ['mine']],
  [3, 'cache-control', ['no-cache']],
  [3, 'accept-encoding', ['gzip, br']],
  [2, 'cookie', ['a=b']],
  [2, 'x-graphql-yoga-csrf', ['1']],
  [1, 'x-forwarded-for', ['10.0.0.1']],
  [1, 'host', ['evil.example', 'localhost:1', '[::1]', 'a b']],
  [1, 'expect', ['100-continue']],
];

/** The plainest request of a document, or another, as the tape says. */
export function makeRequest(document: MadeDocument, values: Values, options: RequestOptions, tape: Tape): Sent {
  // What cannot be left to the end of a tape: variables come first.
  const params = paramsOf(document, values, options, tape);
  const isGet = tape.isOneOf100(2);
  const headers: Record<string, string> = {};
  if (!isGet) headers['content-type'] = tape.isOneOf100(6) ? tape.pick(CONTENT_TYPES) : JSON_TYPE;
  if (tape.isOneOf100(35)) headers.accept = tape.pick(ACCEPTS);
  for (const [cases, name, choices] of MORE_HEADERS) if (tape.isOneOf100(cases)) headers[name] = tape.pick(choices);
  if (tape.isOneOf100(options.origins.length > 0 ? 60 : 4)) {
    headers.origin = tape.pick([...options.origins, 'https://evil.example', 'null']);
  }
  const rest = {
    headers: { ...headers, ...tape.pick(options.callers) },
    userToken: options.userTokens.length > 0 ? tape.pick(options.userTokens) : undefined,
    afterMs: tape.pick(options.pauses),
    isStruck: tape.below(4) !== 3 || options.isAlwaysStruck === true,
  };
  if (isGet) return { ...rest, ...inAddress(params, tape), body: undefined, isChunked: false };
  return {
    ...rest,
    method: tape.isOneOf100(2) ? tape.pick(['PUT', 'OPTIONS', 'DELETE', 'PATCH']) : 'POST',
    path: tape.isOneOf100(3) ? tape.pick(PATHS) : '/graphql',
    body: bodyOf(params, options, tape),
    isChunked: tape.isOneOf100(5),
  };
}

type Params = Record<string, unknown>;

/** Beside the text of its query, and in place of it. */
const PERSISTED = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
const PERSISTED_ALONE = { ...PERSISTED };

function paramsOf(document: MadeDocument, values: Values, options: RequestOptions, tape: Tape): Params {
  const variables = variablesOf(document, values, tape);
  const [first] = document.operations;
  const named = document.operations.length > 1 ? tape.pick(document.operations) : first;
  const params: Params = { query: document.text };
  if (Object.keys(variables).length > 0 || tape.isOneOf100(20)) params.variables = variables;
  if (named !== undefined && (document.operations.length > 1 || tape.below(2) === 1)) params.operationName = named;
  if (tape.isOneOf100(6)) params.operationName = tape.pick([null, '', 'Nothing', first ?? 'Q', 7]);
  if (tape.isOneOf100(3)) delete params.operationName;
  if (tape.isOneOf100(3)) params.variables = tape.pick([null, {}, [], 'text', 7]);
  if (tape.isOneOf100(5)) {
    params.extensions = tape.pick([{}, null, { a: { b: 1 } }, [], 'text', PERSISTED, PERSISTED_ALONE]);
    if (params.extensions === PERSISTED_ALONE) delete params.query;
  }
  if (tape.isOneOf100(3))
    params[tape.pick(['more', 'id', 'documentId', 'constructor', 'doc_id'])] = tape.pick(['a', null, {}]);
  const id = options.documentIds.get(document.text);
  if (id !== undefined && !tape.isOneOf100(10)) {
    if (!tape.isOneOf100(15)) delete params.query;
    if (tape.isOneOf100(20)) params.extensions = { persistedQuery: { version: 1, sha256Hash: id } };
    else params.documentId = tape.pick([id, id, `sha256:${id}`, tape.isOneOf100(20) ? 'nothing' : id]);
  }
  return params;
}

function variablesOf({ variables }: MadeDocument, values: Values, tape: Tape): Params {
  // fromEntries keeps a variable of the name "__proto__", as JSON does.
  const given = variables.flatMap(({ name, meaning, type }): [string, unknown][] => {
    const good = values.good(type, meaning, tape);
    if (!tape.isOneOf100(18)) return [[name, good]];
    const fate = tape.below(4);
    if (fate === 0) return [];
    return [[name, fate === 1 ? null : values.wrong(tape)]];
  });
  if (tape.isOneOf100(4)) given.push([tape.pick(['more', '__proto__', 'toString']), values.wrong(tape)]);
  return Object.fromEntries(given);
}

function inAddress(params: Params, tape: Tape) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    search.set(name, typeof value === 'string' ? value.replace(/\p{Surrogate}/gu, '?') : JSON.stringify(value));
  }
  return { method: tape.isOneOf100(20) ? 'HEAD' : 'GET', path: `/graphql?${search}` };
}

function bodyOf(params: Params, { tooLarge }: RequestOptions, tape: Tape): string | Buffer {
  const text = JSON.stringify(params);
  if (!tape.isOneOf100(12)) return text;
  const inner = text.slice(1, -1);
  return tape.pick<() => string | Buffer>([
    () => JSON.stringify(params, null, 2),
    () => `\r\n\t ${text} \n`,
    () => text.replace(/[^ -~]|[<{]/g, (unit) => (unit === '{' || unit === '<' ? unit : escaped(unit))),
    () => JSON.stringify(Object.fromEntries(Object.entries(params).toReversed())),
    () => `{"query":"{ __typename }","variables":{"a":1},${inner}}`,
    () => `{${inner},"query":"{ t: __typename }"}`,
    () => `{${inner},"variables":null}`,
    () => `{${inner},"__proto__":{"query":"{ t: __typename }"}}`,
    () => `\ufeff${text}`,
    () => `[${text}]`,
    () => `[${text},${text}]`,
    () => text.slice(0, -1),
    () => `${text}}`,
    () => `${text}\u0000`,
    () => Buffer.concat([Buffer.from(`{${inner},"more":"`), Buffer.from([0xff, 0xc3]), Buffer.from('"}')]),
    () => Buffer.from(text, 'utf16le'),
    () => `{${inner},"more":"${'x'.repeat(tooLarge)}"}`,
    () => 'null',
    () => '"text"',
    () => '',
  ])();
}

const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
