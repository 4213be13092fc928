import type { Gateway } from '../../src/gateway.ts';

/** POSTs any JSON, text or bytes to `/forget`, and shows status, headers and answer. */
export async function forgetAt(gateway: Pick<Gateway, 'fetch'>, body: unknown, headers: Record<string, string> = {}) {
  const response = await gateway.fetch(
    new Request('http://gateway.test/forget', {
      method: 'POST',
      body: typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    }),
  );
  return { status: response.status, headers: response.headers, answer: JSON.parse(await response.text()) };
}
