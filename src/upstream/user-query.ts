import { type ErrorCode, GatewayError, type UpstreamTrace } from '../errors.ts';
import { KIND_FIELDS, type LookupKind } from '../lookup-kinds.ts';
import { type CancelSignal, createCancel } from '../policies/cancel.ts';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import { noTelemetry, type Telemetry } from '../telemetry/events.ts';
import { decodeUserQuery, type UserQueryAnswer } from './envelope.ts';
import type { LarkUser } from './lark-user.ts';
import type { PluginToken } from './plugin-token.ts';
import { isProxyFailure, type Transport } from './transport.ts';
import { USER_TOKEN_HEADER, type UserToken, userTokenMissing, userTokenRefused } from './user-token.ts';

/** Identifiers the user API takes in one call (error 20004 above). */
export const MAX_IDENTIFIERS_PER_CALL = 100;

export interface UserQuery {
  readonly kind: LookupKind;
  /** 1 to 100, without repeats. */
  readonly identifiers: readonly string[];
  /** `saas_tenant_key` of the tenant to search, for e-mails only. The plugin's own tenant where it is left out. */
  readonly tenantKey?: string | undefined;
}

export interface FoundPeople {
  /** In no promised order, without users that were not found. */
  readonly people: readonly LarkUser[];
  /** Rows without an identifier: any of the identifiers may have been meant. */
  readonly malformedRows: number;
  readonly logId?: string | undefined;
}

/**
 * A token can end, or be withdrawn, while calls are in flight. The next call gets a new one, shared by all; this one may be retried
 * once, in a call that counts against the quota like any other.
 */
export interface TokenRefused {
  /** The error if it happens again. */
  readonly tokenRefused: GatewayError;
}

/**
 * One call: `POST /open_api/user/query`. No user found is an empty list.
 * @throws GatewayError with any of the UPSTREAM_… codes; UNAUTHENTICATED where the token of a caller is refused, or missing;
 *   the signal's reason where that aborts.
 */
export type QueryUsers = (query: UserQuery, options?: QueryOptions) => Promise<FoundPeople | TokenRefused>;

interface QueryOptions {
  /** Cancels the call. */
  readonly signal?: CancelSignal | undefined;
  /** Called when the token is there and the call leaves. */
  readonly onLeaving?: (() => void) | undefined;
  /** The caller's own token. @default the plugin's */
  readonly userToken?: UserToken | undefined;
  /** Sent beside its own: where the call stands in a trace. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

interface UserQueryOptions {
  transport: Transport;
  /** Left out where callers send tokens of their own. */
  pluginToken: PluginToken | undefined;
  /** `X-USER-KEY`, the acting user. Not needed with a plugin token. @default not sent */
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
    // A user access token names its user.
    const headers = { ...more, 'x-plugin-token': token, ...(userKey && !userToken && { 'x-user-key': userKey }) };
    const body = {
      [KIND_FIELDS[query.kind].body]: query.identifiers,
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

/** For whom a call acts: that decides what an error about the acting user says to check. */
type ActingUser = 'caller' | 'LARK_USER_KEY' | 'none';

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

/** The same failure, with a message that fits the acting user. */
function fitToActingUser(error: GatewayError, actingUser: ActingUser): GatewayError {
  const { code, upstream } = error;
  if (code !== 'UPSTREAM_FORBIDDEN' || actingUser === 'LARK_USER_KEY') return error;
  // The user has left, so their token is of no use.
  if (actingUser === 'caller' && upstream?.code === 10302) return userTokenRefused(upstream);
  const message = MESSAGES[actingUser].get(upstream?.code ?? 0);
  return message === undefined ? error : new GatewayError(code, message, { upstream });
}
