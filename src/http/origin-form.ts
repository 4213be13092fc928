import type { IncomingMessage } from 'node:http';

/**
 * Takes the target of a request apart that is a whole address, as proxies send it, so that all that follow find a path and a host
 * where they are usually: RFC 9112, 3.2.2, says that it must be accepted, and that its host counts, whatever the header says. What is
 * no address stays as it is.
 */
export function takeOriginForm(request: IncomingMessage & { originalUrl?: string }): void {
  const { url = '' } = request;
  if (url.startsWith('/') || !/^https?:\/\//i.test(url) || !URL.canParse(url)) return;
  const { host, pathname, search } = new URL(url);
  request.headers.host = host;
  request.url = pathname + search;
  // Of frameworks, which keep what came.
  if (request.originalUrl === url) request.originalUrl = request.url;
}
