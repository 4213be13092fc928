/** A person the sandbox has made up; the first is number 1. @param {number} number */
export const userKey = (number) => `7${String(number).padStart(18, '0')}`;

/**
 * @typedef {object} LookUpRequest
 * @property {string} body
 * @property {string[]} keys one for each alias, in order
 */

const FIELDS = '{ key name email status }';
/** @param {number} index */
const alias = (index) => `u${index}`;

/**
 * Requests over consecutive people from `firstNumber` on, so that no look-up is ever repeated and no cache can answer it.
 *
 * @param {{ count: number, lookUpsPerRequest: number, firstNumber: number }} options
 * @returns {LookUpRequest[]}
 */
export function makeRequests({ count, lookUpsPerRequest, firstNumber }) {
  const places = Array.from({ length: lookUpsPerRequest }, (_, index) => alias(index));
  const variables = places.map((place) => `$${place}: ID!`).join(', ');
  const fields = places.map((place) => `${place}: user(key: $${place}) ${FIELDS}`).join(' ');
  const query = JSON.stringify(`query LookUp(${variables}) { ${fields} }`);
  return Array.from({ length: count }, (_, number) => {
    const keys = places.map((_place, index) => userKey(firstNumber + number * lookUpsPerRequest + index));
    const values = keys.map((key, index) => `"${places[index]}":"${key}"`).join(',');
    return { keys, body: `{"query":${query},"variables":{${values}}}` };
  });
}

/** The outcome of a look-up that answered the right person. Every other outcome is an error's code. */
export const FOUND = 'FOUND';

/**
 * What became of each look-up of a request.
 *
 * @param {LookUpRequest} request
 * @param {{ status: number, text: string }} answer
 * @returns {string[]} FOUND, or an error's code
 */
export function outcomesOf({ keys }, { status, text }) {
  /** @type {{ data?: Record<string, { key: string } | null> | null, errors?: { path?: unknown[], extensions?: { code?: string } }[] }} */
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    return keys.map(() => `HTTP_${status}`);
  }
  return keys.map((key, index) => {
    const place = alias(index);
    const person = answer.data?.[place];
    if (person) return person.key === key ? FOUND : 'WRONG_PERSON';
    const error = answer.errors?.find(({ path }) => !path || path[0] === place);
    if (error) return error.extensions?.code ?? 'ERROR_WITHOUT_CODE';
    return status === 200 ? 'NOT_FOUND' : `HTTP_${status}`;
  });
}
