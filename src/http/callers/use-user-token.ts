import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../../errors.ts';
import { parseUserToken, USER_TOKEN_HEADER, type UserToken, userTokenMissing } from '../../upstream/user-token.ts';
import { refusalResponse } from '../refusal.ts';
import type { AskedHeaders } from '../request-headers.ts';

/** The user access token that a request brings, or why it brings none. */
export function userTokenOf(headers: AskedHeaders): UserToken | GatewayError {
  const text = headers.get(USER_TOKEN_HEADER);
  return text === null || text === '' ? userTokenMissing() : parseUserToken(text);
}

/**
 * Answers 401 to whoever brings no token to ask the user API with, before a body is read. As with the gateway's own
 * authentication, GraphiQL's page, `/health` and `/readiness` stay open.
 */
export function useUserToken(): Plugin {
  return {
    onRequest({ request, endResponse }) {
      const token = userTokenOf(request.headers);
      if (!(token instanceof GatewayError)) return;
      const challenge = `LarkUserToken header="${USER_TOKEN_HEADER}"`;
      endResponse(refusalResponse(token, { 'www-authenticate': challenge }));
    },
  };
}
