import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {object} KnownPerson
 * @property {string} user_key
 * @property {string} out_id
 * @property {string} email
 * @property {string} tenant_key
 * @property {boolean} linked
 */

/**
 * @typedef {'key' | 'outId' | 'email'} Kind
 */

/**
 * Who there is, known from elsewhere than the gateway.
 * @typedef {object} KnownPeople
 * @property {readonly string[]} tenantKeys the plugin's own first
 * @property {(tenantKey?: string) => { hot: readonly KnownPerson[], cold: readonly KnownPerson[] }} of those of a tenant, or all
 * @property {(kind: Kind, identifier: string, tenantKey?: string) => KnownPerson | undefined} find undefined for "nobody"
 */

const HOT = 200;
/** The second tenant has a tenth of the people. */
const HOT_OF_TENANT = 40;

/**
 * The people that the sandbox of this build makes up.
 * @param {string} dist
 * @param {number} count
 * @returns {Promise<KnownPeople>}
 */
export async function knowPeople(dist, count) {
  const { makePeople, OWN_TENANT_KEY, SECOND_TENANT_KEY } = await import(
    pathToFileURL(resolve(dist, 'sandbox/people.js')).href
  );
  /** @type {KnownPerson[]} */
  const people = makePeople(count, { avatarUrl: () => '' });
  /** @param {KnownPerson} person */
  const emailOf = ({ tenant_key, email }) => `${tenant_key} ${email.toLowerCase()}`;
  const byKey = new Map(people.map((person) => [person.user_key, person]));
  const byOutId = new Map(people.map((person) => [person.out_id, person]));
  const byEmail = new Map(people.filter(({ linked }) => linked).map((person) => [emailOf(person), person]));

  const all = { hot: people.slice(0, HOT), cold: people.slice(HOT) };
  const tenantKeys = [OWN_TENANT_KEY, SECOND_TENANT_KEY];
  const byTenant = new Map(
    tenantKeys.map((tenantKey) => {
      const own = people.filter((person) => person.tenant_key === tenantKey && person.email !== '');
      return [tenantKey, { hot: own.slice(0, HOT_OF_TENANT), cold: own.slice(HOT_OF_TENANT) }];
    }),
  );

  return {
    tenantKeys,
    of: (tenantKey) => (tenantKey === undefined ? all : (byTenant.get(tenantKey) ?? all)),
    find(kind, identifier, tenantKey = OWN_TENANT_KEY) {
      if (kind === 'key') return byKey.get(identifier);
      if (kind === 'outId') return byOutId.get(identifier);
      return byEmail.get(`${tenantKey} ${identifier.toLowerCase()}`);
    },
  };
}
