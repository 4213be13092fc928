import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../policies/clock.ts';
import type { Telemetry } from '../../telemetry/events.ts';
import type { AskedHeaders } from '../request-headers.ts';
import { type ApiKey, createApiKeyCheck } from './api-keys.ts';
import { ANYBODY, type Caller, type CallerOf, type Identified } from './caller.ts';
import type { JwtOptions } from './jwt-options.ts';

/** Who may ask. */
export type AuthOptions =
  /**
   * Whoever reaches it. `loopback` answers requests for names of this machine only, whatever it listens on; `any` is for made-up
   * people, and for a gateway behind something that authenticates. @default loopback
   */
  | { readonly kind: 'none'; readonly hosts?: 'loopback' | 'any' | undefined }
  /** Whoever sends one of these keys as `Authorization: Bearer …`. */
  | { readonly kind: 'api-key'; readonly keys: readonly ApiKey[] }
  /** Whoever sends a token of this issuer as `Authorization: Bearer …`. */
  | ({ readonly kind: 'jwt' } & JwtOptions);

export interface AuthenticationOptions {
  readonly auth: AuthOptions;
  /** The tenants that may be named, unless an API key has its own. @default any */
  readonly tenantKeys?: readonly string[] | undefined;
  /** E-mail addresses are only for callers with the scope `email:read`. @default false */
  readonly emailNeedsScope?: boolean | undefined;
  /** Milliseconds on a clock that never jumps. */
  readonly clock: Clock;
  /** Learns when the keys for tokens cannot be fetched. */
  readonly telemetry: Telemetry;
}

export interface Authentication {
  /** @returns the caller, or why there is none. A promise only where keys may have to be fetched. */
  identify(headers: AskedHeaders): Identified;
  /** The same for a request whose caller is asked for later. @param found where that has been found out before. */
  authenticate(request: Request, found?: Identified): Identified;
  /** The caller of a request that has been authenticated. */
  readonly callerOf: CallerOf;
  /** The caller of any request; `undefined` where it has not been authenticated. */
  findCaller(request: Request): Caller | undefined;
}

export const SCOPES = { email: 'email:read', refresh: 'cache:refresh', forget: 'cache:forget' } as const;

export function createAuthentication(options: AuthenticationOptions): Authentication {
  const callers = new WeakMap<Request, Caller>();
  const find = createIdentification(options);

  return {
    identify,
    authenticate(request, found = identify(request.headers)) {
      return found instanceof Promise ? found.then((caller) => remember(request, caller)) : remember(request, found);
    },
    callerOf(request) {
      const caller = callers.get(request);
      if (!caller) throw new TypeError('Expected a request that has passed authentication.');
      return caller;
    },
    findCaller: (request) => callers.get(request),
  };

  function identify(headers: AskedHeaders) {
    const header = headers.get('authorization');
    const orRefusal = (caller: Caller | undefined) => caller ?? refusal(header !== null);
    const found = find(header);
    return found instanceof Promise ? found.then(orRefusal, toRefusal) : orRefusal(found);
  }

  function remember(request: Request, found: Caller | GatewayError): Caller | GatewayError {
    if (!(found instanceof GatewayError)) callers.set(request, found);
    return found;
  }
}

function createIdentification({ auth, tenantKeys, emailNeedsScope = false, clock, telemetry }: AuthenticationOptions) {
  const toCaller = (name: string, scopes: readonly string[], tenants = tenantKeys): Caller => ({
    name,
    mayReadEmail: !emailNeedsScope || scopes.includes(SCOPES.email),
    mayRefresh: scopes.includes(SCOPES.refresh),
    mayForget: scopes.includes(SCOPES.forget),
    tenantKeys: tenants && new Set(tenants),
  });
  if (auth.kind === 'none') {
    const anybody = { ...ANYBODY, tenantKeys: tenantKeys && new Set(tenantKeys) };
    return () => anybody;
  }
  if (auth.kind === 'api-key') {
    const find = createApiKeyCheck(auth.keys, (key) => toCaller(key.name, key.scopes ?? [], key.tenantKeys));
    return (header: string | null) => (bearerOf(header) === undefined ? undefined : find(bearerOf(header) ?? ''));
  }
  // Loaded where it is wanted only: jose takes 30 ms.
  const checking = import('./jwt.ts').then(({ createJwtCheck }) => createJwtCheck(auth, { clock, telemetry }));
  // Whoever asks is told.
  checking.catch(() => {});
  return async (header: string | null) => {
    const token = bearerOf(header);
    const claims = token === undefined ? undefined : await (await checking)(token);
    return claims && toCaller(claims.subjectHash, claims.scopes);
  };
}

/** The credential of `Authorization: Bearer …`; `undefined` where there is none. */
const bearerOf = (header: string | null) => /^bearer +([\w.~+/=-]+)$/i.exec(header ?? '')?.[1];

const refusal = (hasCredential: boolean) =>
  new GatewayError(
    'UNAUTHENTICATED',
    hasCredential
      ? 'The credential in the header Authorization is not one of this gateway, or it has ended.'
      : 'This gateway answers known callers only: send the header "Authorization: Bearer <credential>".',
  );

function toRefusal(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  throw error;
}
