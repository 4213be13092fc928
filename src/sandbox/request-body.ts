import type { IncomingMessage } from 'node:http';

/** Bytes of a request body; a full query of 100 e-mails takes well under a hundredth of it. */
export const MAX_BODY_BYTES = 1_000_000;

export type ParsedBody =
  | { readonly isJson: true; readonly value: unknown }
  /** `text` is undefined where the body was over the limit and thrown away. */
  | { readonly isJson: false; readonly text: string | undefined; readonly problem: string };

/**
 * Reads a body to its end, also one that is too large, which is thrown away as it comes: answering earlier would reset
 * the connection under a client that is still sending, and hide the answer from it.
 *
 * @throws the stream's error when the client hangs up first.
 */
export async function readBody(request: IncomingMessage): Promise<ParsedBody> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (bytes > MAX_BODY_BYTES) {
    return {
      isJson: false,
      text: undefined,
      problem: `the body has ${bytes} bytes, at most ${MAX_BODY_BYTES} are taken`,
    };
  }
  return parseBody(Buffer.concat(chunks).toString('utf8'));
}

function parseBody(text: string): ParsedBody {
  try {
    return { isJson: true, value: JSON.parse(text) };
  } catch {
    return { isJson: false, text, problem: 'the body is not JSON' };
  }
}
