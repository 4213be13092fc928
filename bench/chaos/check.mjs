/** The outcome of a look-up that was answered rightly: with the right person, or with `null` where there is nobody. */
export const RIGHT = 'RIGHT';
/** Another person than was asked for, or a person where there is nobody. */
export const WRONG_PERSON = 'WRONG_PERSON';
/** `null` without an error for somebody who exists: a fault shown as "not found". */
export const DENIED = 'DENIED';
/** The outcomes that must never be. */
export const WRONG = new Set([WRONG_PERSON, DENIED]);
/** Errors that are no answer: the table of failures has none of them. */
export const WITHOUT_CODE = 'WITHOUT_CODE';

/** @typedef {{ key: string, outId: string | null, email: string | null }} Shown */

/**
 * What became of each look-up of a request, and how many of the people were stale.
 *
 * @param {import('./traffic.mjs').MixedRequest} request
 * @param {{ status: number, text: string }} answer
 * @returns {{ outcomes: string[], stale: number, isAllFromMemory: boolean }} RIGHT, WRONG_PERSON, DENIED or an error's code for
 *   each look-up
 */
export function checkAnswer({ lookUps }, { status, text }) {
  /** @type {{ data?: Record<string, unknown> | null, errors?: { path?: (string | number)[], extensions?: { code?: string } }[], extensions?: { receipt?: { stale: number, cacheHits: number } } }} */
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    return { outcomes: lookUps.map(() => `${WITHOUT_CODE}_HTTP_${status}`), stale: 0, isAllFromMemory: false };
  }
  const codes = new Map(
    (answer.errors ?? []).map(({ path, extensions }) => [path?.join('.') ?? '', extensions?.code ?? WITHOUT_CODE]),
  );
  const outcomes = lookUps.map(({ path, field, index, person }) => {
    const place = answer.data?.[field];
    const shown = /** @type {Shown | null | undefined} */ (
      index === undefined ? place : /** @type {unknown[] | undefined} */ (place)?.[index]
    );
    if (shown) return person && isSame(shown, person) ? RIGHT : WRONG_PERSON;
    const code = codes.get(path) ?? codes.get(field) ?? codes.get('');
    if (code !== undefined) return code;
    if (shown === undefined) return WITHOUT_CODE;
    return person ? DENIED : RIGHT;
  });
  const { stale = 0, cacheHits = 0 } = answer.extensions?.receipt ?? {};
  const asked = new Set(lookUps.map(({ field, identifier }) => `${field} ${identifier.toLowerCase()}`)).size;
  return { outcomes, stale, isAllFromMemory: stale > 0 && stale + cacheHits >= asked };
}

/**
 * A field may be hidden by a fault, and an e-mail may come in another letter case.
 * @param {Shown} shown
 * @param {import('./people.mjs').KnownPerson} person
 */
function isSame({ key, outId, email }, person) {
  return (
    key === person.user_key &&
    (!outId || outId === person.out_id) &&
    (!email || email.toLowerCase() === person.email.toLowerCase())
  );
}
