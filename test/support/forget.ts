import type { Gateway } from '../../src/gateway.ts';

/** POSTs any JSON to `/forget`, and shows status, headers and answer. */
export async function forgetAt(
  gateway: Pick<Gateway, 'fetch'>,
  body: unknown,
  init: RequestInit & { headers?: Record<string, string> } = {},
) {
  const response = await gateway.fetch(
    new Request('http://gateway.test/forget', {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
      headers: { 'content-type': 'application/json', ...init.headers },
    }),
  );
  return { status: response.status, headers: response.headers, answer: JSON.parse(await response.text()) };
}
