import type { Reply } from '../../src/sandbox/sandbox.ts';
import type { Harness } from './gateway-with-sandbox.ts';

export const peopleReply = (rows: unknown): Reply => ({
  status: 200,
  body: { data: rows, err: {}, err_msg: '', err_code: 0 },
});

export const errorReply = (status: number, code: number, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body: {
    data: null,
    err: { code, msg: 'secret words of the vendor', log_id: 'LOG1' },
    err_msg: 'secret words of the vendor',
    err_code: code,
  },
});

/** Answers every user query in place of the sandbox; tokens are still given out. */
export function answerQueries(
  harness: Harness,
  reply: (body: Record<string, string[]>) => Reply | Promise<Reply>,
): void {
  harness.sandbox.setFault((call, answer) =>
    call.interface === 'user_query' ? reply(call.body as Record<string, string[]>) : answer(),
  );
}
