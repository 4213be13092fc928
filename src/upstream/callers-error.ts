import { GatewayError } from '../errors.ts';
import { USER_TOKEN_HEADER, userTokenRefused } from './user-token.ts';

const forbidden = (check: string) => `The user API denies access: ${check}.`;

/** What is to be checked where the acting person is the one whose token it is, and no setting of the gateway names them. */
const MESSAGES: ReadonlyMap<number, string> = new Map([
  [10001, forbidden('check the permissions of the plugin, and of the person whose token it is')],
  [
    10404,
    forbidden('check that the plugin is installed in the project, and that the person whose token it is sees it'),
  ],
  [20039, forbidden(`the token in ${USER_TOKEN_HEADER} acts for nobody; send a user access token`)],
  [20042, forbidden(`it does not know the person for whom the token in ${USER_TOKEN_HEADER} acts`)],
]);

/** The same failure, in words for whoever asked with a token of their own. */
export function toCallersError(error: GatewayError): GatewayError {
  const { code, upstream, retryAfterMs } = error;
  // The person has left, and with them whatever their token could see.
  if (upstream?.code === 10302) return userTokenRefused(upstream);
  const message = MESSAGES.get(upstream?.code ?? 0);
  return message === undefined ? error : new GatewayError(code, message, { retryAfterMs, upstream });
}
