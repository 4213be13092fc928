/** Media types of a GraphQL response. The first answers a wildcard: not every client knows the second. */
const RESPONSES = ['application/json', 'application/graphql-response+json'] as const;

/** Yoga also answers with a stream of one event or part, where a client accepts nothing else. */
const STREAMS = ['text/event-stream', 'multipart/mixed'] as const;

/**
 * The content type of a response, chosen by nothing but the header `Accept` (RFC 9110, 12.5.1), as Yoga chooses it: the first range
 * that matches counts, weights do not, and the charset is UTF-8.
 * @param accept `null` without the header.
 * @returns `undefined` where the client accepts none of the media types of GraphQL.
 */
export function contentTypeFor(accept: string | null): string | undefined {
  const mediaType = firstMatch(accept, RESPONSES);
  return mediaType && `${mediaType}; charset=utf-8`;
}

/** True where Yoga has some response for the client. */
export const isAcceptable = (accept: string | null): boolean =>
  firstMatch(accept, [...RESPONSES, ...STREAMS]) !== undefined;

function firstMatch<Type extends string>(accept: string | null, mediaTypes: readonly Type[]): Type | undefined {
  for (const range of (accept || '*/*').replaceAll(/\s/g, '').toLowerCase().split(',')) {
    const [name = '', ...parameters] = range.split(';');
    const charset = parameters.find((parameter) => parameter.includes('charset=')) ?? 'charset=utf-8';
    const found = charset === 'charset=utf-8' ? mediaTypes.find((one) => isMatch(name, one)) : undefined;
    if (found) return found;
  }
  return undefined;
}

function isMatch(range: string, mediaType: string): boolean {
  const [type, subtype] = range.split('/');
  const [ownType, ownSubtype] = mediaType.split('/');
  return (type === '*' || type === ownType) && (subtype === '*' || subtype === ownSubtype);
}
