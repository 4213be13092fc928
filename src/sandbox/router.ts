import type { IncomingMessage, ServerResponse } from 'node:http';
import { avatarUserKey, drawAvatar } from './avatar.ts';
import type { CallLog } from './call-log.ts';
import { refuseWebPage } from './control-access.ts';
import type { SandboxFaults } from './named-faults/fault-board.ts';
import { FAULTS_PATH, serveFaults } from './named-faults/serve-faults.ts';
import type { OpenApi } from './open-api.ts';
import type { PeopleIndex } from './people-index.ts';
import { errorReply, type Reply } from './reply.ts';
import { sendReply } from './send-reply.ts';
import { USER_TOKENS_PATH } from './user-tokens.ts';

export interface RouterOptions {
  readonly openApi: OpenApi;
  readonly people: PeopleIndex;
  readonly log: CallLog;
  readonly faults: SandboxFaults;
  /** What is at /_sandbox/user_tokens. */
  readonly userTokens: Route;
  readonly infoPage: () => string;
  /** Where it listens. */
  readonly url: string;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
type Route = Readonly<Partial<Record<'GET' | 'POST' | 'DELETE', Handler>>>;

/** Answers every request; whatever goes wrong inside is a 500/50006, never an unhandled rejection. */
export function createRouter(options: RouterOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const routes = createRoutes(options);
  const { host } = new URL(options.url);

  const handle: Handler = async (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const refused = refuseWebPage(path, request, host);
    if (refused) return sendReply(response, refused);
    const route = routes.get(path) ?? avatarRoute(path, options.people);
    if (!route) return sendReply(response, notFound(path));
    const handler = route[toMethod(request.method)];
    if (!handler) return sendReply(response, wrongMethod(request.method, route));
    await handler(request, response);
  };

  return (request, response) => {
    Promise.resolve(handle(request, response)).catch(() => {
      if (response.headersSent) response.destroy();
      else sendReply(response, errorReply(50006, 'SANDBOX'));
    });
  };
}

function createRoutes({ openApi, log, faults, userTokens, infoPage }: RouterOptions): ReadonlyMap<string, Route> {
  const info: Route = { GET: (_request, response) => sendReply(response, { status: 200, body: infoPage() }) };
  return new Map<string, Route>([
    ['/open_api/authen/plugin_token', { POST: (...http) => openApi.serve('plugin_token', ...http) }],
    ['/open_api/user/query', { POST: (...http) => openApi.serve('user_query', ...http) }],
    [
      '/_sandbox/calls',
      {
        GET: (_request, response) => sendReply(response, { status: 200, body: log.summary() }),
        DELETE: (_request, response) => {
          log.clear();
          response.writeHead(204).end();
        },
      },
    ],
    [FAULTS_PATH, serveFaults(faults)],
    [USER_TOKENS_PATH, userTokens],
    ['/_sandbox', info],
    ['/', info],
  ]);
}

function avatarRoute(path: string, people: PeopleIndex): Route | undefined {
  const userKey = avatarUserKey(path);
  const person = userKey === undefined ? undefined : people.byKey(userKey);
  if (!person?.avatar_url) return undefined;
  const headers = { 'content-type': 'image/svg+xml; charset=utf-8', 'cache-control': 'max-age=3600' };
  return { GET: (_request, response) => sendReply(response, { status: 200, headers, body: drawAvatar(person) }) };
}

function toMethod(method: string | undefined): keyof Route {
  return (method === 'HEAD' ? 'GET' : method) as keyof Route;
}

function notFound(path: string): Reply {
  return { status: 404, body: `The sandbox has nothing at ${path}. GET / lists what there is.\n` };
}

function wrongMethod(method: string | undefined, route: Route): Reply {
  const allow = Object.keys(route).join(', ');
  return { status: 405, headers: { allow }, body: `Expected ${allow}, got ${method}. GET / lists what there is.\n` };
}
