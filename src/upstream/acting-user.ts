import { GatewayError } from '../errors.ts';
import { USER_TOKEN_HEADER, userTokenRefused } from './user-token.ts';

/** For whom the user API is asked: that decides what an error about the acting user tells to check. */
export type ActingUser = 'caller' | 'LARK_USER_KEY' | 'none';

const forbidden = (check: string) => `The user API denies access: ${check}.`;
const unknownUser = forbidden(`it does not know the user for whom the token in ${USER_TOKEN_HEADER} acts`);
const userKeyNeeded = forbidden('it expects the key of an acting user; configure LARK_USER_KEY');

/** Where LARK_USER_KEY is configured, the messages of the error table fit. */
const MESSAGES: Readonly<Record<Exclude<ActingUser, 'LARK_USER_KEY'>, ReadonlyMap<number, string>>> = {
  caller: new Map([
    [10001, forbidden('check the permissions of the plugin, and of the user whose token it is')],
    [
      10404,
      forbidden('check that the plugin is installed in the project, and that the user whose token it is sees it'),
    ],
    [10204, forbidden(`check the plugin that the token in ${USER_TOKEN_HEADER} was issued for`)],
    [20039, forbidden(`the token in ${USER_TOKEN_HEADER} acts for no user; send a user access token`)],
    [20042, unknownUser],
    [10023, unknownUser],
    [1000051743, unknownUser],
  ]),
  none: new Map([
    [10001, forbidden('check the permissions of the plugin')],
    [10404, forbidden('check that the plugin is installed in the project')],
    [10302, forbidden('the user for whom the plugin acts has left; configure another in LARK_USER_KEY')],
    [20042, userKeyNeeded],
    [10023, userKeyNeeded],
    [1000051743, userKeyNeeded],
  ]),
};

/** The same failure, with a message that names only what is there to be checked. */
export function fitToActingUser(error: GatewayError, actingUser: ActingUser): GatewayError {
  const { code, upstream } = error;
  if (code !== 'UPSTREAM_FORBIDDEN' || actingUser === 'LARK_USER_KEY') return error;
  // The user has left, and with them whatever their token could see.
  if (actingUser === 'caller' && upstream?.code === 10302) return userTokenRefused(upstream);
  const message = MESSAGES[actingUser].get(upstream?.code ?? 0);
  return message === undefined ? error : new GatewayError(code, message, { upstream });
}
