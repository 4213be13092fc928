import type { PeopleIndex } from './people-index.ts';
import { toRow } from './person.ts';
import { readQuestion } from './question.ts';
import { type ErrorCode, errorReply, type Reply, rowsReply } from './reply.ts';
import type { ParsedBody } from './request-body.ts';
import type { Token, Tokens } from './tokens.ts';

export interface UserQueryCall {
  /** Header X-PLUGIN-TOKEN. */
  readonly token?: string;
  /** Header X-USER-KEY. */
  readonly userKey?: string;
  /** Header X-IDEM-UUID. */
  readonly idemUuid?: string;
  readonly body: ParsedBody;
  readonly logId: string;
}

export interface UserQueryRules {
  readonly people: PeopleIndex;
  readonly tokens: Tokens;
  readonly permissionGranted: boolean;
  readonly requireUserKey: boolean;
  /** True for an X-IDEM-UUID that comes for the first time. */
  readonly isNewIdemUuid: (uuid: string) => boolean;
}

/**
 * `POST /open_api/user/query`. The checks stand in the order in which a gateway in front of many interfaces has to make
 * them [?]: who calls, how often, whether it may, in whose name, whether again; only then what is asked. So a flood of
 * malformed calls is rate-limited too, and a refused token never learns whether its body was right.
 */
export function answerUserQuery(call: UserQueryCall, rules: UserQueryRules): Reply {
  const token = rules.tokens.check(call.token);
  if (typeof token === 'number') return errorReply(token, call.logId, TOKEN_HINTS[token]);
  if (!token.admitUserQuery()) return errorReply(10429, call.logId);
  if (!rules.permissionGranted) {
    return errorReply(10301, call.logId, 'permissionGranted is off in this sandbox');
  }
  const userError = checkActingUser(call, token, rules);
  if (userError) return errorReply(userError, call.logId);
  if (call.idemUuid && !rules.isNewIdemUuid(call.idemUuid)) return errorReply(10430, call.logId);
  return answerQuestion(call, token, rules);
}

const TOKEN_HINTS: Readonly<Record<10021 | 10022 | 10211, string>> = {
  10021: 'expected a token in the header X-PLUGIN-TOKEN; get one from POST /open_api/authen/plugin_token',
  10022: 'the token is unknown or has expired; get a new one from POST /open_api/authen/plugin_token',
  10211: 'expected X-PLUGIN-TOKEN of the form p-… or u-…',
};

/** A user access token carries its user in itself; with plugin identity the header names one, and need not here [doc]. */
function checkActingUser(call: UserQueryCall, token: Token, rules: UserQueryRules): ErrorCode | undefined {
  const userKey = token.userKey ?? call.userKey;
  if (!userKey) return rules.requireUserKey ? 20039 : undefined;
  const person = rules.people.byKey(userKey);
  if (!person) return 20042;
  return person.status === 'resigned' ? 10302 : undefined;
}

function answerQuestion({ body, logId }: UserQueryCall, token: Token, rules: UserQueryRules): Reply {
  if (!body.isJson) return errorReply(20006, logId, body.problem);
  const question = readQuestion(body.value);
  if ('code' in question) return errorReply(question.code, logId, question.detail);

  const found = rules.people.find(question);
  const visible = token.kind === 'virtual' ? found.filter((person) => person.collaborator !== false) : found;
  return visible.length === 0 ? errorReply(30006, logId) : rowsReply(visible.map(toRow));
}
