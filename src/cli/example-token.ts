import type { Sandbox } from '../sandbox/sandbox.ts';

/** A user access token of somebody who has not left; `undefined` where the sandbox has nobody like that. */
export function exampleToken(sandbox: Sandbox): string | undefined {
  const key = exampleHolder(sandbox);
  return key === undefined ? undefined : sandbox.userAccessToken(key);
}

/** The key of somebody who could have one. */
export const exampleHolder = ({ people }: Sandbox): string | undefined =>
  people.find(({ status }) => status !== 'resigned')?.user_key;
