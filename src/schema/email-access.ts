import { GatewayError } from '../errors.ts';
import type { LarkUser } from '../upstream/lark-user.ts';
import type { PeopleContext } from './builder.ts';

/** For callers without `email:read`: they may neither read an address nor find out whose it is. */
export const emailForbidden = (): GatewayError =>
  new GatewayError(
    'FORBIDDEN',
    'E-mail addresses need the scope email:read, which the credential of this caller has not.',
  );

/** The sign-in name; `null` where it is an address and addresses are not for this caller. */
export const signInName = ({ username }: LarkUser, { mayReadEmail }: PeopleContext): string | null =>
  mayReadEmail || !username?.includes('@') ? username : null;
