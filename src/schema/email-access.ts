import { GatewayError } from '../errors.ts';

/** For callers without `email:read`: they may neither read an address nor find out whose it is. */
export const emailForbidden = (): GatewayError =>
  new GatewayError(
    'FORBIDDEN',
    'E-mail addresses need the scope email:read, which the credential of this caller has not.',
  );
