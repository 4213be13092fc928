import { MAX_IDENTIFIERS_PER_CALL } from '../../upstream/user-query.ts';
import { type Answers, addPlace } from '../answers.ts';
import { codeOf } from './code-of.ts';

/** Identifiers of one list that have no answer in memory, in arrays of one length. */
export interface Missing {
  /** Equal for two spellings of one identifier. */
  readonly ids: string[];
  readonly spellings: string[];
  /** In the list that was asked for. */
  readonly places: number[];
}

/** A part of a list that is to be looked up as one. */
export interface Part extends Missing {
  /** A number for each of the identifiers. */
  readonly codes: number[];
}

/** A list that is parted. */
export interface PartedList {
  /** All that are asked for in it, in bundles or not. */
  readonly ids: ReadonlySet<string | number>;
  /** Of BUNDLE_SIZE each. */
  readonly parts: readonly Part[];
}

/** As many as a call takes. */
export const BUNDLE_SIZE = MAX_IDENTIFIERS_PER_CALL;

/**
 * Parts what is missing of a list.
 * @param isApart true for who needs a look-up of their own.
 * @returns whole parts; whoever is in none of them has a place in the answers then.
 */
export function partList(
  { ids, spellings, places }: Missing,
  answers: Answers,
  isApart: (id: string, code: number) => boolean,
): Part[] {
  const parts: Part[] = [];
  let part = emptyPart();
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index] as string;
    const code = codeOf(id);
    if (isApart(id, code)) {
      addPlace(answers, id, spellings[index] as string, places[index] as number);
      continue;
    }
    part.ids.push(id);
    part.spellings.push(spellings[index] as string);
    part.places.push(places[index] as number);
    part.codes.push(code);
    if (part.ids.length < BUNDLE_SIZE) continue;
    parts.push(part);
    part = emptyPart();
  }
  for (const [index, id] of part.ids.entries()) {
    addPlace(answers, id, part.spellings[index] as string, part.places[index] as number);
  }
  return parts;
}

const emptyPart = (): Part => ({ ids: [], spellings: [], places: [], codes: [] });
