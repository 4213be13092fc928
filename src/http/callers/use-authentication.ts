import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../../errors.ts';
import type { Arrivals } from '../arrivals.ts';
import { refusalResponse } from '../refusal.ts';
import { type AskedHeaders, wantsFreshPeople } from '../request-headers.ts';
import { type Authentication, SCOPES } from './authentication.ts';
import type { Caller } from './caller.ts';

/** RFC 6750: how to authenticate, and what a credential lacks. */
const CHALLENGES: Partial<Record<GatewayError['code'], string>> = {
  UNAUTHENTICATED: 'Bearer realm="lark-user-gateway"',
  FORBIDDEN: scopeChallenge(SCOPES.refresh),
};

/**
 * Answers 401 or 403 to whoever may not ask, before a body is read. GraphiQL's page, the one at `/`, `/health` and `/readiness` are
 * answered before it: they tell nothing of anybody.
 */
export function useAuthentication(
  { authenticate }: Pick<Authentication, 'authenticate'>,
  arrivals: Pick<Arrivals, 'find'>,
): Plugin {
  return {
    onRequest({ request, endResponse, serverContext }) {
      const found = authenticate(request, arrivals.find(serverContext)?.found);
      return found instanceof Promise ? found.then(decide) : decide(found);

      function decide(caller: Caller | GatewayError): void {
        const refused = caller instanceof GatewayError ? caller : mayAsk(caller, request.headers);
        if (!refused) return;
        const challenge = CHALLENGES[refused.code];
        endResponse(refusalResponse(refused, challenge === undefined ? {} : { 'www-authenticate': challenge }));
      }
    },
  };
}

/** For the header `www-authenticate` of an answer to a credential without this scope. */
export function scopeChallenge(scope: string): string {
  return `Bearer realm="lark-user-gateway", error="insufficient_scope", scope="${scope}"`;
}

/** @returns why this caller may not ask so; `undefined` where it may. */
export function mayAsk(caller: Caller, headers: AskedHeaders): GatewayError | undefined {
  if (caller.mayRefresh || !wantsFreshPeople(headers)) return undefined;
  return new GatewayError(
    'FORBIDDEN',
    `The header "x-lookup-cache: refresh" needs the scope ${SCOPES.refresh}, which this credential has not. Ask without it.`,
  );
}
