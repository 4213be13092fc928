import type { ExamplePeople } from '../http/browsers/example-tabs.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';

/** In front of the real user API: the users of examples are not found. */
export const PLACEHOLDERS: ExamplePeople = {
  key: '7000000000000000001',
  email: 'zhangsan@example.com',
  outId: 'on_00000000000000000000000000000000',
};

/** Users of the sandbox whom every example finds. */
export function exampleUsers({ people }: Sandbox): ExamplePeople {
  const known = people.find(({ email, out_id }) => email && out_id) ?? people[0];
  return {
    key: known?.user_key ?? PLACEHOLDERS.key,
    email: known?.email ?? PLACEHOLDERS.email,
    outId: known?.out_id ?? PLACEHOLDERS.outId,
    keys: people.slice(0, 50).map(({ user_key }) => user_key),
  };
}

/** A user access token of a user who has not resigned; `undefined` where the sandbox has none. */
export function exampleToken(sandbox: Sandbox): string | undefined {
  const key = exampleHolder(sandbox);
  return key === undefined ? undefined : sandbox.userAccessToken(key);
}

/** The key of a user who may have one. */
export const exampleHolder = ({ people }: Sandbox): string | undefined =>
  people.find(({ status }) => status !== 'resigned')?.user_key;

/** One argument of a POSIX shell, whatever it holds. */
export const shellQuoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
