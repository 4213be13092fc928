import type { Harness } from './gateway-with-sandbox.ts';
import { post } from './gateway-with-sandbox.ts';

/** `times` pieces of text, each made from its number. */
export const repeat = (times: number, piece: (index: number) => string): string =>
  Array.from({ length: times }, (_, index) => piece(index)).join(' ');

/** Every field of a person. */
export const ALL_FIELDS =
  'key outId username email name(locale: ZH_CN) nameCn nameEn avatarUrl status statusText __typename';

/** Sends a document as clients do that know GraphQL over HTTP, and shows all of the answer. */
export async function send({ gateway }: Pick<Harness, 'gateway'>, query: string, variables?: Record<string, unknown>) {
  const response = await post(gateway, { query, variables }, { accept: 'application/graphql-response+json' });
  const text = await response.text();
  return { status: response.status, length: text.length, answer: JSON.parse(text) };
}

/** A fragment that spreads the next one twice, which spreads the next one twice: 2^levels fields. */
export const fragmentBomb = (levels: number, type = 'Query', leaf = '__typename') =>
  `${repeat(levels, (level) => `fragment F${level} on ${type} { ...F${level + 1} ...F${level + 1} }`)}
   fragment F${levels} on ${type} { ${leaf} }`;

/** What every refusal over a limit of a document looks like. */
export const refusal = (message: string) => ({
  status: 400,
  answer: { errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] },
});
