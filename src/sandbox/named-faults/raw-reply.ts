import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { ReceivedCall } from '../faults.ts';
import type { Reply } from '../reply.ts';
import { encodeBody } from '../send-reply.ts';

/** Sets status and headers as for the whole reply and gives the bytes of its body, to be sent otherwise than they promise. */
export function startReply(
  response: ServerResponse,
  { status, headers, body }: Reply,
  { logId }: ReceivedCall,
): Buffer {
  const { bytes, contentType } = encodeBody(body);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': bytes.length,
    'X-Tt-Logid': logId,
    ...headers,
  });
  return bytes;
}

/** Resolves when the client hangs up or the sandbox closes. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
