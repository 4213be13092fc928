/** @typedef {import('../../dist/index.js').SandboxPerson} SandboxPerson */
/** @typedef {SandboxPerson & { user_key: string, email: string, out_id: string }} FindablePerson */

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
 * What somebody may paste: identifiers of all kinds, with all kinds of separators, of whom one does not exist and one cannot be.
 * @param {readonly SandboxPerson[]} people
 */
export function samplePaste(people) {
  const [first, ...others] = findablePeople(people);
  const keys = others.slice(0, 6).map(({ user_key }) => user_key);
  const emails = others.slice(6, 12).map(({ email }) => email);
  const outIds = others.slice(12, 18).map(({ out_id }) => out_id);
  return [
    `"${first?.name_en}" <${first?.email}>; ${emails.slice(0, 3).join('; ')}`,
    keys.join('，'),
    `${outIds.join(' ')} nobody@example.com、${emails.slice(3).join('、')}`,
    'not@an@address',
  ].join('\n');
}
