import { zipfOrder } from './zipf.mjs';

/**
 * @typedef {import('./people.mjs').Person} Person
 * @typedef {(at: number) => number} Order whom the look-up at this place is for: the index of a person
 */

/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} about
 * @property {number} people how many one request asks for
 * @property {number} concurrency requests under way at any time
 * @property {boolean} [isCached] the gateway keeps its memory for it
 * @property {(people: readonly Person[]) => Order} order
 * @property {(people: readonly Person[]) => string} body of a request for these
 */

const FIELDS = '{ key name email status }';

/** Everybody in turn, from the first one again after the last. @param {readonly Person[]} people @returns {Order} */
const inTurn = (people) => (at) => at % people.length;

/** @param {string} query */
const begin = (query) => `{"query":${JSON.stringify(query)},"variables":{`;

const ONE = begin(`query One($key: ID!) { user(key: $key) ${FIELDS} }`);
const BY_EMAIL = begin(`query ByEmail($emails: [String!]!) { usersByEmail(emails: $emails) ${FIELDS} }`);
const BY_OUT_ID = begin(`query ByOutId($outIds: [ID!]!) { usersByOutId(outIds: $outIds) ${FIELDS} }`);
const places = Array.from({ length: 50 }, (_, index) => index);
const ALIASES = begin(
  `query Aliases(${places.map((place) => `$k${place}: ID!`).join(', ')}) { ${places.map((place) => `u${place}: user(key: $k${place}) ${FIELDS}`).join(' ')} }`,
);

/** @type {Scenario['body']} */
const askForOne = ([person]) => `${ONE}"key":"${person?.user_key}"}}`;

/** @type {readonly Scenario[]} */
export const SCENARIOS = [
  { name: 'single', about: '`user(key)`', people: 1, concurrency: 64, order: inTurn, body: askForOne },
  {
    name: 'emails100',
    about: '`usersByEmail` of 100',
    people: 100,
    concurrency: 32,
    order: inTurn,
    body: (people) => `${BY_EMAIL}"emails":["${people.map(({ email }) => email).join('","')}"]}}`,
  },
  {
    name: 'alias50',
    about: '50 aliased `user`',
    people: 50,
    concurrency: 32,
    order: inTurn,
    body: (people) => `${ALIASES}${people.map(({ user_key }, index) => `"k${index}":"${user_key}"`).join(',')}}}`,
  },
  {
    name: 'out1000',
    about: '`usersByOutId` of 1,000',
    people: 1_000,
    concurrency: 8,
    order: inTurn,
    body: (people) => `${BY_OUT_ID}"outIds":["${people.map(({ out_id }) => out_id).join('","')}"]}}`,
  },
  {
    name: 'zipf',
    about: '`user(key)`, few people often, cache on',
    people: 1,
    concurrency: 64,
    isCached: true,
    order: (people) => zipfOrder(people.length),
    body: askForOne,
  },
  { name: 'latency', about: '`single`, one at a time', people: 1, concurrency: 1, order: inTurn, body: askForOne },
];
