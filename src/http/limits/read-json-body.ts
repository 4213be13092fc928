import { GraphQLError } from 'graphql';
import { badRequest } from './over-limit.ts';

/** What Yoga's parsers of bodies do, which take a byte order mark for a mistake. RFC 8259, 8.1, lets a parser ignore it. */
export async function readJsonBody(request: Request): Promise<object> {
  const value = await jsonOf(request);
  if (typeof value === 'object' && value !== null) return value;
  throw expectedObject(value === null ? 'null' : `a ${typeof value}`);
}

async function jsonOf(request: Request): Promise<unknown> {
  try {
    return JSON.parse((await request.text()).replace(/^\ufeff/, ''));
  } catch (error) {
    // A body that is too large.
    if (error instanceof GraphQLError) throw error;
    throw expectedObject('what is no JSON');
  }
}

const expectedObject = (got: string) =>
  badRequest(`Expected a JSON object in UTF-8 as body, got ${got}. Send {"query": "…"}.`);
