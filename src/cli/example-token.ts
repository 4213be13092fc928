import type { Sandbox } from '../sandbox/sandbox.ts';

/** A user access token of somebody who has not left; `undefined` where the sandbox has nobody like that. */
export function exampleToken({ people, userAccessToken }: Sandbox): string | undefined {
  const person = people.find(({ status }) => status !== 'resigned');
  return person && userAccessToken(person.user_key);
}
