import type { IncomingMessage } from 'node:http';
import { AVATAR_PATH } from './avatar.ts';
import type { Reply } from './reply.ts';

/**
 * Keeps web pages away from `/`, `/_sandbox` and all below it but pictures. A page can make its own host name mean 127.0.0.1 (DNS
 * rebinding), but the `Host` header still says that name. A page of another site may send only simple content types unasked; others
 * take a preflight request, which the sandbox does not answer.
 * @param ownHost of the sandbox' own URL, where it listens elsewhere than on loopback.
 * @returns the refusal, `undefined` where the request may go on.
 */
export function refuseWebPage(path: string, { method, headers }: IncomingMessage, ownHost: string): Reply | undefined {
  const isControl =
    path === '/' || path === '/_sandbox' || (path.startsWith('/_sandbox/') && !path.startsWith(AVATAR_PATH));
  if (!isControl) return undefined;
  const { host = '' } = headers;
  if (host !== ownHost && !isLoopback(host)) {
    return refusal(403, 'Expected a Host of this machine, got another. Use localhost, 127.0.0.1 or [::1].');
  }
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (method === 'POST' && type !== 'application/json') {
    const got = type === undefined ? 'none' : 'another';
    return refusal(
      415,
      `Expected the content type application/json, got ${got}. Add -H 'content-type: application/json'.`,
    );
  }
  return undefined;
}

const isLoopback = (host: string): boolean =>
  /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(host);

const refusal = (status: number, problem: string): Reply => ({ status, body: { problem } });
