/**
 * @typedef {import('./people.mjs').Person} Person
 * @typedef {import('./connection.mjs').Reply} Reply
 */

/** Every answer that is right has this verdict; every other verdict names what was wrong. */
export const RIGHT = 'RIGHT';
export const WRONG_PERSON = 'WRONG_PERSON';

/**
 * Whether an answer is about the people asked for, in the order they were asked for. As text that costs next to nothing; what
 * does not look right is read in full.
 *
 * @param {readonly Person[]} people
 * @param {Reply} reply
 * @param {{ inFull: boolean }} options inFull: compare every field selected
 * @returns {string}
 */
export function judge(people, reply, { inFull }) {
  const looksRight = reply.status === 200 && !reply.body.includes('"errors"') && namesInOrder(people, reply.body);
  return looksRight && !inFull ? RIGHT : judgeInFull(people, reply);
}

/** @param {readonly Person[]} people @param {string} body */
function namesInOrder(people, body) {
  let at = 0;
  for (const { asAnswered } of people) {
    at = body.indexOf(asAnswered, at);
    if (at < 0) return false;
    at += 1;
  }
  return true;
}

/** @param {readonly Person[]} people @param {Reply} reply */
function judgeInFull(people, { status, body }) {
  /** @type {{ data?: Record<string, unknown> | null, errors?: { extensions?: { code?: string } }[] }} */
  let answer;
  try {
    answer = JSON.parse(Buffer.from(body, 'latin1').toString());
  } catch {
    return `HTTP_${status}`;
  }
  const answered = Object.values(answer.data ?? {}).flat();
  const isWrong = answered.some((person, index) => person && !isSame(person, people[index]));
  if (isWrong || answered.length > people.length) return WRONG_PERSON;
  if (answer.errors) return answer.errors[0]?.extensions?.code ?? 'ERROR_WITHOUT_CODE';
  if (status !== 200) return `HTTP_${status}`;
  return answered.length === people.length && !answered.includes(null) ? RIGHT : 'NOT_FOUND';
}

/** @param {any} answered @param {Person | undefined} person */
function isSame(answered, person) {
  return (
    answered.key === person?.user_key &&
    answered.name === person?.name.default &&
    answered.email === person?.email &&
    answered.status === person?.status.toUpperCase()
  );
}
