import { type DocumentNode, type ParseOptions, parse, type Source } from 'graphql';
import { countRepeats } from './count-repeats.ts';
import { countDefinitions, measureDocument } from './measure-document.ts';
import { measureText } from './measure-text.ts';
import { overLimit } from './over-limit.ts';

/**
 * Parses what is within all limits. What is over one never gets to the validation of graphql-js, whose cost can grow with the
 * square of what a document comes to.
 * @throws GraphQLError that says which limit, what came, and what to do; or what does not parse.
 */
export function parseWithinLimits(source: string | Source, options?: ParseOptions): DocumentNode {
  const text = typeof source === 'string' ? source : source.body;
  refuseOver(measureText(text));
  const document = parse(source, options);
  // Before anything is followed through fragments: their number bounds how deep that goes.
  refuseOver(countDefinitions(document));
  refuseOver(measureDocument(document));
  refuseOver({ repeats: countRepeats(document) });
  return document;
}

function refuseOver(size: Parameters<typeof overLimit>[0]): void {
  const refusal = overLimit(size);
  if (refusal) throw refusal;
}
