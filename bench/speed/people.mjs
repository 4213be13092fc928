import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {{ [field: string]: any, user_key: string, out_id: string, email: string }} Row as the user API answers it
 * @typedef {Row & { asAnswered: string }} Person whom to find in an answer by this text
 */

/**
 * The people whom the sandbox of this build makes up, and those among them who are asked for: whom every kind of look-up
 * finds, with a Chinese name. So every answer holds Chinese text, as answers about real people do.
 *
 * @param {string} dist
 * @param {number} count
 * @returns {Promise<{ everybody: Row[], askedFor: Person[] }>}
 */
export async function makePeople(dist, count) {
  const { startSandbox } = await import(pathToFileURL(resolve(dist, 'index.js')).href);
  const sandbox = await startSandbox({ people: count });
  const { people } = sandbox;
  await sandbox.close();
  const ownTenant = people[0].tenant_key;
  const isFound = (/** @type {any} */ { email, linked, tenant_key }) => email && linked && tenant_key === ownTenant;
  const askedFor = people.filter((/** @type {any} */ person) => isFound(person) && person.name_cn).map(toPerson);
  return { everybody: people.filter(isFound).map(toRow), askedFor };
}

/** @param {any} person @returns {Person} */
function toPerson(person) {
  return { ...toRow(person), asAnswered: `"key":"${person.user_key}"` };
}

/** @param {any} person @returns {Row} */
function toRow({ user_key, tenant_key: _tenant, linked: _linked, collaborator: _collaborator, ...fields }) {
  const { name_cn, name_en } = fields;
  return {
    user_key,
    username: user_key,
    ...fields,
    name: { default: name_cn || name_en, zh_cn: name_cn, en_us: name_en },
  };
}
