/**
 * @typedef {object} Comment
 * @property {string} id
 * @property {string} text
 * @property {string} authorKey
 * @property {string[]} reviewerEmails
 * @property {string | null} assigneeOutId
 */

/** @typedef {import('../../../dist/index.js').SandboxPerson} SandboxPerson */
/** @typedef {SandboxPerson & { user_key: string, email: string, out_id: string }} FindablePerson */

/** How many people of each role the sample has. Nobody has two roles, so that each look-up can be counted. */
const AUTHORS = 120;
const REVIEWERS = 60;
const ASSIGNEES = 40;
const PEOPLE_NEEDED = AUTHORS + REVIEWERS + ASSIGNEES;

/**
 * People who are found by each of key, e-mail and out id: not everybody has an address, and it is searched in one tenant.
 * @param {readonly SandboxPerson[]} people
 */
export const findablePeople = (people) =>
  people.filter(
    /** @returns {person is FindablePerson} */ (person) =>
      Boolean(person.email && person.out_id && person.linked && person.tenant_key === people[0]?.tenant_key),
  );

/**
 * 200 comments: 120 people wrote them, 60 review them, 40 take care of them.
 * @param {readonly FindablePerson[]} people
 * @returns {Comment[]}
 */
export function sampleComments(people) {
  if (people.length < PEOPLE_NEEDED) throw new RangeError(`Expected ${PEOPLE_NEEDED} people, got ${people.length}.`);
  /** @param {number} from @param {number} count @param {number} index */
  const pick = (from, count, index) => /** @type {FindablePerson} */ (people[from + (index % count)]);
  return Array.from({ length: 200 }, (_, index) => ({
    id: `c${index + 1}`,
    text: `Comment number ${index + 1}`,
    authorKey: pick(0, AUTHORS, index).user_key,
    reviewerEmails: [pick(AUTHORS, REVIEWERS, index).email],
    assigneeOutId: pick(AUTHORS + REVIEWERS, ASSIGNEES, index).out_id,
  }));
}
