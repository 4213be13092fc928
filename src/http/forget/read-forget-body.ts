import { z } from 'zod';
import type { UserIdentifier } from '../../directory/identifiers.ts';
import { GatewayError } from '../../errors.ts';

/** A name takes at most some hundred bytes. */
export const MAX_FORGET_BYTES = 4_096;

/** A JSON number could not hold a user key, so each of them is text. */
const bodyShape = z.union([
  z.strictObject({ key: z.string() }).transform(({ key }): UserIdentifier => ({ kind: 'key', identifier: key })),
  z
    .strictObject({ outId: z.string() })
    .transform(({ outId }): UserIdentifier => ({ kind: 'outId', identifier: outId })),
  z
    .strictObject({ email: z.string(), tenantKey: z.string().optional() })
    .transform(({ email, tenantKey }): UserIdentifier => ({ kind: 'email', identifier: email, tenantKey })),
]);

/** @returns whom a body names, or why it names nobody, without what it holds; `too large` where the rest is not read. */
export async function readForgetBody(body: ReadableStream<Uint8Array> | null) {
  // Nothing but its client ends a body before it is whole.
  const bytes = await readAtMost(MAX_FORGET_BYTES, body).catch(() => 'cut off' as const);
  if (bytes === 'cut off')
    return new GatewayError('BAD_USER_INPUT', 'Expected a whole body, got a part of it. Send the request again.');
  if (!bytes) return 'too large';
  const parsed = bodyShape.safeParse(jsonOf(bytes));
  return parsed.success
    ? parsed.data
    : new GatewayError(
        'BAD_USER_INPUT',
        'Expected JSON with one of "key", "outId" and "email" as text, beside an e-mail address "tenantKey" or nothing, got something else.',
      );
}

/** @returns `undefined` where there is more. */
async function readAtMost(most: number, body: ReadableStream<Uint8Array> | null): Promise<Uint8Array | undefined> {
  const reader = body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    chunks.push(part.value);
    size += part.value.byteLength;
    if (size <= most) continue;
    void reader?.cancel().catch(() => {});
    return undefined;
  }
  return Buffer.concat(chunks);
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
