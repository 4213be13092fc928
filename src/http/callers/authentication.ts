import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../policies/clock.ts';
import type { Telemetry } from '../../telemetry/events.ts';
import { parseUserToken, USER_TOKEN_HEADER, type UserToken, userTokenMissing } from '../../upstream/user-token.ts';
import { refusalResponse } from '../refusal.ts';
import { type AskedHeaders, bypassesCache } from '../request-headers.ts';
import { type ApiKey, createApiKeyCheck } from './api-keys.ts';
import { ANONYMOUS, type Arrivals, type Caller, type CallerOf, type Identified } from './caller.ts';
import type { JwtOptions } from './jwt.ts';

/** Which callers are answered. */
export type AuthOptions =
  /**
   * All. `loopback` answers requests for names of this machine only, whatever it listens on; `any` is for made-up users, and for a
   * gateway behind something that authenticates. @default loopback
   */
  | { readonly kind: 'none'; readonly hosts?: 'loopback' | 'any' | undefined }
  /** Those that send one of these keys as `Authorization: Bearer …`. */
  | { readonly kind: 'api-key'; readonly keys: readonly ApiKey[] }
  /** Those that send a token of this issuer as `Authorization: Bearer …`. */
  | ({ readonly kind: 'jwt' } & JwtOptions);

interface AuthenticationOptions {
  readonly auth: AuthOptions;
  /** The tenants that may be named, unless an API key has its own. @default any */
  readonly tenantKeys?: readonly string[] | undefined;
  /** E-mail addresses are only for callers with the scope `email:read`. @default false */
  readonly emailNeedsScope?: boolean | undefined;
  /** Milliseconds on a clock that never jumps. */
  readonly clock: Clock;
  /** Receives `caller-keys` where the keys of an issuer cannot be fetched. */
  readonly telemetry: Telemetry;
}

export interface Authentication {
  /** @returns the caller, or why there is none. A promise only where keys may have to be fetched. */
  identify(headers: AskedHeaders): Identified;
  /** The same for `callerOf`. @param found where the fast path has identified the caller. */
  authenticate(request: Request, found?: Identified): Identified;
  /** The caller of a request that has been authenticated. */
  readonly callerOf: CallerOf;
  /** The caller of any request; `undefined` where it has not been authenticated. */
  findCaller(request: Request): Caller | undefined;
}

/** Never `none`, and none with a shared secret: the gateway only ever holds public keys. */
export const ASYMMETRIC_ALGORITHMS: ReadonlySet<string> = new Set(
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' '),
);

export const SCOPES = { email: 'email:read', refresh: 'cache:refresh', forget: 'cache:forget' } as const;

export function createAuthentication(options: AuthenticationOptions): Authentication {
  const callers = new WeakMap<Request, Caller>();
  const identify = createIdentification(options);

  return {
    identify,
    authenticate(request, found = identify(request.headers)) {
      return found instanceof Promise ? found.then((caller) => save(request, caller)) : save(request, found);
    },
    callerOf(request) {
      const caller = callers.get(request);
      if (!caller) throw new TypeError('Expected a request that has passed authentication.');
      return caller;
    },
    findCaller: (request) => callers.get(request),
  };

  function save(request: Request, found: Caller | GatewayError): Caller | GatewayError {
    if (!(found instanceof GatewayError)) callers.set(request, found);
    return found;
  }
}

function createIdentification(options: AuthenticationOptions): Authentication['identify'] {
  const { auth, tenantKeys, emailNeedsScope = false, clock, telemetry } = options;
  const toCaller = (name: string, scopes: readonly string[], tenants = tenantKeys): Caller => ({
    name,
    mayReadEmail: !emailNeedsScope || scopes.includes(SCOPES.email),
    mayRefresh: scopes.includes(SCOPES.refresh),
    mayForget: scopes.includes(SCOPES.forget),
    tenantKeys: tenants && new Set(tenants),
  });
  if (auth.kind === 'none') {
    const anonymous = { ...ANONYMOUS, tenantKeys: tenantKeys && new Set(tenantKeys) };
    return () => anonymous;
  }
  if (auth.kind === 'api-key') {
    const find = createApiKeyCheck(auth.keys, (key) => toCaller(key.name, key.scopes ?? [], key.tenantKeys));
    return (headers) => {
      const header = headers.get('authorization');
      const key = bearerOf(header);
      return (key === undefined ? undefined : find(key)) ?? unauthenticated(header);
    };
  }
  // Loaded only where it is needed: jose takes 30 ms.
  const loading = import('./jwt.ts').then(({ createJwtCheck }) => createJwtCheck(auth, { clock, telemetry }));
  // Each request reports it.
  loading.catch(() => {});
  return async (headers) => {
    const header = headers.get('authorization');
    const token = bearerOf(header);
    if (token === undefined) return unauthenticated(header);
    try {
      const claims = await (await loading)(token);
      return claims ? toCaller(claims.subjectHash, claims.scopes) : unauthenticated(header);
    } catch (error) {
      if (error instanceof GatewayError) return error;
      throw error;
    }
  };
}

/** The credential of `Authorization: Bearer …`; `undefined` where there is none. */
const bearerOf = (header: string | null) => /^bearer +([\w.~+/=-]+)$/i.exec(header ?? '')?.[1];

const unauthenticated = (header: string | null) =>
  new GatewayError(
    'UNAUTHENTICATED',
    header !== null
      ? 'The credential in the header Authorization is not one of this gateway, or it has ended.'
      : 'This gateway answers known callers only: send the header "Authorization: Bearer <credential>".',
  );

/** RFC 6750: how to authenticate, and what a credential lacks. */
const CHALLENGES: Partial<Record<GatewayError['code'], string>> = {
  UNAUTHENTICATED: 'Bearer realm="lark-user-gateway"',
  FORBIDDEN: scopeChallenge(SCOPES.refresh),
};

/**
 * Answers 401 or 403 before the body is read. GraphiQL's page, the one at `/`, `/health` and `/readiness` are answered before it: they
 * hold no users.
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

/** The header `www-authenticate` of the response to a credential without this scope. */
export function scopeChallenge(scope: string): string {
  return `Bearer realm="lark-user-gateway", error="insufficient_scope", scope="${scope}"`;
}

/** @returns why this caller may not send these headers; `undefined` where it may. */
export function mayAsk(caller: Caller, headers: AskedHeaders): GatewayError | undefined {
  if (caller.mayRefresh || !bypassesCache(headers)) return undefined;
  return new GatewayError(
    'FORBIDDEN',
    `The header "x-lookup-cache: refresh" needs the scope ${SCOPES.refresh}, which this credential has not. Ask without it.`,
  );
}

/** The user access token of a request, or why there is none. */
export function userTokenOf(headers: AskedHeaders): UserToken | GatewayError {
  const text = headers.get(USER_TOKEN_HEADER);
  return text === null || text === '' ? userTokenMissing() : parseUserToken(text);
}

/**
 * Answers 401 to requests without a user access token, before the body is read. As with the gateway's own authentication, GraphiQL's
 * page, `/health` and `/readiness` are answered without it.
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
