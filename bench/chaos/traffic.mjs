import { pick, seededRandom, wholeBetween } from './random.mjs';

/** @typedef {import('./people.mjs').KnownPeople} KnownPeople */

/**
 * @typedef {object} ExpectedLookUp
 * @property {string} path as in an error of the answer, joined with dots
 * @property {string} field
 * @property {number | undefined} index in the list; undefined where the field is none
 * @property {string} identifier
 * @property {import('./people.mjs').KnownPerson | undefined} person undefined where there is no such person
 */

/**
 * @typedef {object} MixedRequest
 * @property {string} body
 * @property {readonly ExpectedLookUp[]} lookUps
 */

const FIELDS = '{ key outId email status }';

/** @type {Record<string, { kind: import('./people.mjs').Kind, isList: boolean, variables: string, text: string }>} */
const PARTS = {
  user: { kind: 'key', isList: false, variables: '$key: ID!', text: 'user(key: $key)' },
  users: { kind: 'key', isList: true, variables: '$keys: [ID!]!', text: 'users(keys: $keys)' },
  usersByOutId: { kind: 'outId', isList: true, variables: '$outIds: [ID!]!', text: 'usersByOutId(outIds: $outIds)' },
  usersByEmail: {
    kind: 'email',
    isList: true,
    variables: '$emails: [String!]!, $tenantKey: ID',
    text: 'usersByEmail(emails: $emails, tenantKey: $tenantKey)',
  },
};

/** Shapes of requests, each as often as it stands here. */
const SHAPES = [
  ['user'],
  ['user'],
  ['users'],
  ['usersByOutId'],
  ['usersByEmail'],
  ['usersByEmail'],
  ['user', 'users', 'usersByOutId'],
];

const LIST_LENGTH = { from: 8, to: 50 };
/** Requests that ask for popular people only, as the pages do that everybody opens. */
const HOT_REQUESTS = 0.35;
/** Of the look-ups of other requests. */
const SHARES = { unknown: 0.06, repeated: 0.06, hot: 0.25, upperCase: 0.2 };

/**
 * Mixed requests, the same for the same seed: single keys, lists by all three kinds with gaps and repeats, two tenants.
 *
 * @param {KnownPeople} people
 * @param {{ seed: number, lookUps: number }} options
 * @returns {MixedRequest[]}
 */
export function makeTraffic(people, { seed, lookUps }) {
  const random = seededRandom(seed);
  /** @type {MixedRequest[]} */
  const requests = [];
  for (let made = 0; made < lookUps; made += requests.at(-1)?.lookUps.length ?? 1) {
    requests.push(makeRequest(people, random));
  }
  return requests;
}

/**
 * @param {KnownPeople} people
 * @param {() => number} random
 * @returns {MixedRequest}
 */
function makeRequest(people, random) {
  const shape = pick(random, SHAPES);
  const isHot = random() < HOT_REQUESTS;
  const parts = shape.map((field) => ({ field, ...(PARTS[field] ?? PARTS.user) }));
  /** @type {Record<string, unknown>} */
  const variables = {};
  /** @type {ExpectedLookUp[]} */
  const lookUps = [];
  for (const { field, kind, isList } of parts) {
    const tenantKey = kind === 'email' ? pick(random, people.tenantKeys) : undefined;
    const count = isList ? wholeBetween(random, LIST_LENGTH.from, LIST_LENGTH.to) : 1;
    /** @type {string[]} */
    const identifiers = [];
    for (let index = 0; index < count; index += 1) {
      const identifier = drawIdentifier(people, random, { kind, tenantKey, isHot, earlier: identifiers });
      identifiers.push(identifier);
      lookUps.push({
        path: isList ? `${field}.${index}` : field,
        field,
        index: isList ? index : undefined,
        identifier,
        person: people.find(kind, identifier, tenantKey),
      });
    }
    variables[NAME_OF[field] ?? field] = isList ? identifiers : identifiers[0];
    // The own tenant need not be named; both ways are asked.
    if (tenantKey !== undefined && (tenantKey !== people.tenantKeys[0] || isHot)) variables.tenantKey = tenantKey;
  }
  const head = parts.map((part) => part.variables).join(', ');
  const fields = parts.map(({ text }) => `${text} ${FIELDS}`).join(' ');
  return { body: JSON.stringify({ query: `query Mixed(${head}) { ${fields} }`, variables }), lookUps };
}

/** @type {Record<string, string>} */
const NAME_OF = { user: 'key', users: 'keys', usersByOutId: 'outIds', usersByEmail: 'emails' };

/**
 * @param {KnownPeople} people
 * @param {() => number} random
 * @param {{ kind: import('./people.mjs').Kind, tenantKey: string | undefined, isHot: boolean, earlier: readonly string[] }} question
 */
function drawIdentifier(people, random, { kind, tenantKey, isHot, earlier }) {
  const { hot, cold } = people.of(tenantKey);
  if (earlier.length > 0 && random() < SHARES.repeated) return pick(random, earlier);
  if (isHot) return identifierOf(pick(random, hot), kind, random);
  if (random() < SHARES.unknown) return nobody(kind, wholeBetween(random, 1, 1_000_000));
  return identifierOf(pick(random, random() < SHARES.hot ? hot : cold), kind, random);
}

/**
 * @param {import('./people.mjs').KnownPerson} person
 * @param {import('./people.mjs').Kind} kind
 * @param {() => number} random
 */
function identifierOf(person, kind, random) {
  if (kind === 'key') return person.user_key;
  if (kind === 'outId') return person.out_id;
  return random() < SHARES.upperCase ? person.email.toUpperCase() : person.email;
}

/** @param {import('./people.mjs').Kind} kind @param {number} number */
function nobody(kind, number) {
  if (kind === 'key') return `6${String(number).padStart(18, '0')}`;
  return kind === 'outId' ? `on_nobody${number}` : `nobody${number}@example.com`;
}
