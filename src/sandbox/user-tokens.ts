import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PeopleIndex } from './people-index.ts';
import type { Reply } from './reply.ts';
import { readBody } from './request-body.ts';
import { sendReply } from './send-reply.ts';
import type { Tokens } from './tokens.ts';

export const USER_TOKENS_PATH = '/_sandbox/user_tokens';

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface UserTokensOptions {
  readonly tokens: Tokens;
  readonly people: PeopleIndex;
  readonly lifetimeSeconds: number;
}

/**
 * Stands for the vendor's log-in, over which users get their tokens. `POST {"user_key"}` answers `{token, expire_time}`, in
 * seconds; `DELETE {"token"}` revokes a token of any kind.
 */
export function serveUserTokens(options: UserTokensOptions): Readonly<Record<'POST' | 'DELETE', Handler>> {
  const { tokens, people, lifetimeSeconds } = options;
  return {
    POST: async (request, response) => {
      const userKey = textIn(await readBody(request), 'user_key');
      const isKnown = userKey !== undefined && people.byKey(userKey) !== undefined;
      if (!isKnown)
        return sendReply(response, refusal('Expected {"user_key": "…"} that names a person of this sandbox.'));
      const token = tokens.issue('user', userKey);
      sendReply(response, { status: 200, body: { token, expire_time: lifetimeSeconds } });
    },

    DELETE: async (request, response) => {
      const token = textIn(await readBody(request), 'token');
      if (token === undefined || !tokens.revoke(token)) {
        return sendReply(response, refusal('Expected {"token": "…"} that is a token of this sandbox.'));
      }
      response.writeHead(204).end();
    },
  };
}

function textIn(body: Awaited<ReturnType<typeof readBody>>, field: string): string | undefined {
  const value: unknown = body.isJson ? (body.value as Readonly<Record<string, unknown>> | null)?.[field] : undefined;
  return typeof value === 'string' ? value : undefined;
}

const refusal = (problem: string): Reply => ({ status: 400, body: { problem } });
