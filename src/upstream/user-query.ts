import { type ErrorCode, GatewayError, type UpstreamTrace } from '../errors.ts';
import { type CancelSignal, createCancel } from '../policies/cancel.ts';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import { noTelemetry, type Telemetry } from '../telemetry/events.ts';
import { fitToActingUser } from './acting-user.ts';
import { decodeUserQuery, type UserQueryAnswer } from './envelope.ts';
import type { LarkUser } from './lark-user.ts';
import type { PluginToken } from './plugin-token.ts';
import type { Transport } from './transport.ts';
import { isProxyFailure } from './transport.ts';
import { type UserToken, userTokenMissing, userTokenRefused } from './user-token.ts';

/** What people are looked up by. One call takes exactly one kind. */
export type LookupKind = 'key' | 'outId' | 'email';

/** Identifiers the user API takes in one call (error 20004 above). */
export const MAX_IDENTIFIERS_PER_CALL = 100;

const bodyField = { key: 'user_keys', outId: 'out_ids', email: 'emails' } as const satisfies Record<LookupKind, string>;

export interface UserQuery {
  readonly kind: LookupKind;
  /** 1 to 100, without repeats. */
  readonly identifiers: readonly string[];
  /** `saas_tenant_key` of the tenant to search, for e-mails only. The plugin's own tenant where it is left out. */
  readonly tenantKey?: string | undefined;
}

export interface FoundPeople {
  /** In no promised order; people not found are absent. */
  readonly people: readonly LarkUser[];
  /** Rows that named nobody: any of the identifiers may have been meant. */
  readonly malformedRows: number;
  readonly logId?: string | undefined;
}

/**
 * A token can end, or be withdrawn, while calls are on their way. The next call gets a new one, shared by all;
 * whoever got this answer may ask once more, in a call that counts against the quota like any other.
 */
export interface TokenRefused {
  /** What to say if it happens again. */
  readonly tokenRefused: GatewayError;
}

/**
 * One look-up call: `POST /open_api/user/query`. Nobody found is an empty list.
 * @throws GatewayError with any of the UPSTREAM_… codes; UNAUTHENTICATED where the token of a caller is refused, or missing;
 *   the signal's reason where that aborts.
 */
export type QueryUsers = (query: UserQuery, options?: QueryOptions) => Promise<FoundPeople | TokenRefused>;

export interface QueryOptions {
  /** Ends the call. */
  readonly signal?: CancelSignal | undefined;
  /** Called when the token is there and the call leaves. */
  readonly onLeaving?: (() => void) | undefined;
  /** The token of the caller who asks. @default the plugin's */
  readonly userToken?: UserToken | undefined;
  /** Sent beside its own: where the call stands in a trace. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface UserQueryOptions {
  transport: Transport;
  /** Left out where each caller asks with a token of their own. */
  pluginToken: PluginToken | undefined;
  /** `X-USER-KEY`, the acting person. Not needed with a plugin token. @default not sent */
  userKey?: string | undefined;
  /** Total deadline of one call in milliseconds, with token and reading. */
  timeoutMs: number;
  clock?: Clock | undefined;
  telemetry?: Telemetry | undefined;
}

export function createUserQuery(options: UserQueryOptions): QueryUsers {
  const { transport, pluginToken, userKey, timeoutMs } = options;
  const clock = options.clock ?? monotonicClock;
  const telemetry = options.telemetry ?? noTelemetry;

  return async function queryUsers(query, call = {}) {
    const { signal } = call;
    const startedAt = clock();
    const report = (
      outcome: 'answered' | 'cancelled' | ErrorCode,
      { logId, code: errCode }: UpstreamTrace = {},
      isProxy?: boolean,
    ) =>
      telemetry({
        type: 'upstream-call',
        kind: query.kind,
        identifiers: query.identifiers.length,
        outcome,
        errCode,
        isProxy,
        durationMs: clock() - startedAt,
        logId,
      });
    const ending = createCancel();
    const timer = setTimeout(() => {
      ending.abort(new GatewayError('UPSTREAM_TIMEOUT', `The user API did not answer within ${timeoutMs} ms.`));
    }, timeoutMs);
    const onAbort = () => ending.abort(signal?.reason);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort);
    try {
      const answer = await ask(query, ending.signal, call);
      if (answer.outcome === 'people') {
        report('answered', { logId: answer.logId });
        return answer;
      }
      report('UPSTREAM_UNAUTHENTICATED', answer.upstream);
      return { tokenRefused: tokenRefused(answer.upstream) };
    } catch (error) {
      const actingUser = call.userToken ? 'caller' : userKey ? 'LARK_USER_KEY' : 'none';
      const shown = error instanceof GatewayError ? fitToActingUser(error, actingUser) : error;
      if (signal?.aborted) report('cancelled');
      else if (shown instanceof GatewayError) report(shown.code, shown.upstream, isProxyFailure(error));
      throw shown;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  };

  async function ask(
    query: UserQuery,
    signal: CancelSignal,
    { onLeaving, userToken, headers: more }: QueryOptions,
  ): Promise<UserQueryAnswer> {
    const token = userToken ? userToken.reveal() : await pluginToken?.get(signal);
    if (token === undefined) throw userTokenMissing();
    onLeaving?.();
    // A user access token carries its person in itself.
    const headers = { ...more, 'x-plugin-token': token, ...(userKey && !userToken && { 'x-user-key': userKey }) };
    const body = {
      [bodyField[query.kind]]: query.identifiers,
      ...(query.tenantKey !== undefined && { tenant_key: query.tenantKey }),
    };
    const received = await transport.postJson('/open_api/user/query', headers, body, signal);
    const answer = decodeUserQuery(received);
    if (answer.outcome !== 'token-refused') return answer;
    if (userToken) throw userTokenRefused(answer.upstream);
    pluginToken?.refuse(token);
    return answer;
  }
}

const tokenRefused = (upstream: UpstreamTrace) =>
  new GatewayError(
    'UPSTREAM_UNAUTHENTICATED',
    "The user API refused the gateway's token, also a new one: check the plugin credential and LARK_BASE_URL.",
    { upstream },
  );
