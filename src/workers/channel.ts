import { z } from 'zod';
import { faultStack } from '../telemetry/fault-stack.ts';
import type { Wire } from './wire.ts';

const envelope = z.discriminatedUnion('is', [
  z.object({ is: z.literal('ask'), channel: z.string(), id: z.int(), body: z.unknown() }),
  z.object({ is: z.literal('tell'), channel: z.string(), body: z.unknown() }),
  z.object({ is: z.literal('answer'), channel: z.string(), id: z.int(), body: z.unknown() }),
  z.object({ is: z.literal('failure'), channel: z.string(), id: z.int(), stack: z.string() }),
]);

/** What comes in is to be checked by whoever gets it. */
export interface Receiver {
  /** @returns the answer. */
  onAsk(body: unknown): unknown;
  onTell(body: unknown): void;
}

/** One end of a conversation between two processes. */
export interface Channel {
  /**
   * @param timeoutMs how long to wait for the answer. @default as long as the channel is open
   * @throws Error where no answer came in time, the other side failed, or the channel was closed.
   */
  ask(body: unknown, timeoutMs?: number): Promise<unknown>;
  /** Does not wait for anything. */
  tell(body: unknown): void;
  /** Whoever still waits for an answer gets none. */
  close(): void;
}

/** @param name tells conversations over the same wire apart. */
export function createChannel(wire: Wire, name: string, { onAsk, onTell }: Receiver): Channel {
  const waiting = new Map<number, { resolve(body: unknown): void; reject(error: Error): void }>();
  let asked = 0;
  let isClosed = false;

  const stopListening = wire.listen((raw) => {
    const { data: message } = envelope.safeParse(raw);
    if (message?.channel !== name) return;
    if (message.is === 'ask') void answer(message.id, message.body);
    else if (message.is === 'tell') onTell(message.body);
    else if (message.is === 'answer') waiting.get(message.id)?.resolve(message.body);
    else waiting.get(message.id)?.reject(new Error(`The other process failed: ${message.stack}`));
  });

  return {
    ask(body, timeoutMs) {
      if (isClosed) return Promise.reject(new Error('The channel is closed.'));
      const id = asked++;
      return new Promise((resolve, reject) => {
        const giveUp = () =>
          settle(() => reject(new Error(`No answer from the other process within ${timeoutMs} ms.`)));
        const timer = timeoutMs === undefined ? undefined : setTimeout(giveUp, timeoutMs);
        const settle = (finish: () => void) => {
          clearTimeout(timer);
          waiting.delete(id);
          finish();
        };
        waiting.set(id, {
          resolve: (answered) => settle(() => resolve(answered)),
          reject: (error) => settle(() => reject(error)),
        });
        wire.send({ is: 'ask', channel: name, id, body });
      });
    },
    tell: (body) => wire.send({ is: 'tell', channel: name, body }),
    close() {
      isClosed = true;
      stopListening();
      for (const { reject } of waiting.values())
        reject(new Error('The channel was closed before there was an answer.'));
    },
  };

  async function answer(id: number, body: unknown): Promise<void> {
    try {
      const answered = await onAsk(body);
      wire.send({ is: 'answer', channel: name, id, body: answered });
    } catch (error) {
      // Not the message, which may repeat what was asked about.
      wire.send({ is: 'failure', channel: name, id, stack: faultStack(error) });
    }
  }
}
