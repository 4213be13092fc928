import { evenDraws, zipfDraws } from './draws.mjs';

/**
 * @typedef {import('./people.mjs').Person} Person
 * @typedef {(at: number) => number} Order whom the lookup at this place is for: the index of a user
 */

/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {number} people how many one request asks for
 * @property {number} concurrency requests in flight at any time
 * @property {boolean} [isWarm] the users are cached before each run that counts
 * @property {(people: readonly Person[]) => Order} order
 * @property {Request} request
 *
 * @typedef {(people: readonly Person[], number: number) => { body: string } | { search: string }} Request
 *   the body of a POST, or the query of a GET; number: that of the request, for documents that no other request has
 */

const FIELDS = '{ key name email status }';
/** With the default cache of 50,000 all of these stay in it. */
const WARM_USERS = 10_000;
const ZIPF_USERS = 20_000;
/** One in so many first-seen documents comes in a GET request. */
const GET_EVERY = 4;

/** All users in turn, more of them than a cache holds. @param {readonly Person[]} people @returns {Order} */
const inTurn = (people) => (at) => at % people.length;

/** @param {string} signature @param {string} selection @param {(people: readonly Person[]) => string} variables */
const operation = (signature, selection, variables) => ({
  document: (/** @type {string} */ name) => `query ${name}(${signature}) { ${selection} }`,
  variables,
});

const ONE = operation('$key: ID!', `user(key: $key) ${FIELDS}`, ([person]) => `{"key":"${person?.user_key}"}`);
const BY_EMAIL = operation(
  '$emails: [String!]!',
  `usersByEmail(emails: $emails) ${FIELDS}`,
  (people) => `{"emails":["${people.map(({ email }) => email).join('","')}"]}`,
);
const BY_OUT_ID = operation(
  '$outIds: [ID!]!',
  `usersByOutId(outIds: $outIds) ${FIELDS}`,
  (people) => `{"outIds":["${people.map(({ out_id }) => out_id).join('","')}"]}`,
);
const places = Array.from({ length: 50 }, (_, index) => index);
const ALIASES = operation(
  places.map((place) => `$k${place}: ID!`).join(', '),
  places.map((place) => `u${place}: user(key: $k${place}) ${FIELDS}`).join(' '),
  (people) => `{${people.map(({ user_key }, index) => `"k${index}":"${user_key}"`).join(',')}}`,
);

/** @typedef {ReturnType<typeof operation>} Operation */

/** @param {Operation} operation @returns {Request} */
function known({ document, variables }) {
  const begin = `{"query":${JSON.stringify(document('Known'))},"variables":`;
  return (people) => ({ body: `${begin}${variables(people)}}` });
}

/** @param {Operation} operation @returns {Request} */
const firstSeen =
  ({ document, variables }) =>
  (people, number) => {
    const query = document(`First${number}`);
    return number % GET_EVERY === 0
      ? { search: `?query=${encodeURIComponent(query)}&variables=${encodeURIComponent(variables(people))}` }
      : { body: `{"query":${JSON.stringify(query)},"variables":${variables(people)}}` };
  };

/** @type {readonly Scenario[]} */
export const SCENARIOS = [
  { name: 'single', people: 1, concurrency: 64, order: inTurn, request: known(ONE) },
  { name: 'cold100', people: 100, concurrency: 32, order: inTurn, request: known(BY_EMAIL) },
  { name: 'alias50', people: 50, concurrency: 32, order: inTurn, request: known(ALIASES) },
  { name: 'cold1000', people: 1_000, concurrency: 4, order: inTurn, request: known(BY_OUT_ID) },
  {
    name: 'warm100',
    people: 100,
    concurrency: 32,
    isWarm: true,
    order: ({ length }) => evenDraws(Math.min(WARM_USERS, length)),
    request: known(BY_EMAIL),
  },
  {
    name: 'warm1',
    people: 1,
    concurrency: 64,
    isWarm: true,
    order: ({ length }) => zipfDraws(Math.min(ZIPF_USERS, length)),
    request: known(ONE),
  },
  { name: 'fallback1', people: 1, concurrency: 64, order: inTurn, request: firstSeen(ONE) },
  { name: 'fallback100', people: 100, concurrency: 32, order: inTurn, request: firstSeen(BY_EMAIL) },
  { name: 'latency', people: 1, concurrency: 1, order: inTurn, request: known(ONE) },
];

/** @param {Person | undefined} person of whom a server is asked when it starts */
export const firstRequest = (person) => (person ? known(ONE)([person], 0) : { body: '' });
