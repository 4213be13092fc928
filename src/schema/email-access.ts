import { GatewayError } from '../errors.ts';
import type { Person } from '../upstream/person.ts';

/** For callers without `email:read`: they may neither read an address nor find out whose it is. */
export const emailForbidden = (): GatewayError =>
  new GatewayError(
    'FORBIDDEN',
    'E-mail addresses need the scope email:read, which the credential of this caller has not.',
  );

/** The same person, without a sign-in name that is an address. */
export const withoutAddress = (person: Person): Person =>
  person.username?.includes('@') ? { ...person, username: null } : person;
