import { type Channel, createChannel } from '../workers/channel.ts';
import type { Wire } from '../workers/wire.ts';
import {
  ARE_YOU_THERE,
  LIFE_CHANNEL,
  STOP_ORDER,
  type StartOrder,
  type WorkerSays,
  workerSays,
} from './worker-life.ts';

/** The side of the primary in the conversation about the life of one worker. */
export interface TalkToWorker {
  /** Resolves when it answers: of one that has not spoken yet, not before it has. Rejects when the conversation has ended. */
  answers(): Promise<unknown>;
  /** Asks it to finish what is in flight, and to end. */
  stop(): void;
  close(): void;
}

/** @param onTold called with what it says of itself, but for its first word. */
export function talkToWorker(
  wire: Wire,
  order: StartOrder,
  onTold: (told: Exclude<WorkerSays, { says: 'here' }>) => void,
): TalkToWorker {
  let isStopping = false;
  let hear = () => {};
  const isHere = new Promise<void>((resolve) => {
    hear = resolve;
  });
  const life: Channel = createChannel(wire, LIFE_CHANNEL, {
    onAsk(body) {
      const told = workerSays.parse(body);
      if (told.says === 'here') {
        hear();
        return isStopping ? STOP_ORDER : order;
      }
      onTold(told);
      return null;
    },
    onTell() {},
  });
  return {
    async answers() {
      // What is sent to it before it has spoken is lost.
      await isHere;
      return life.ask(ARE_YOU_THERE);
    },
    stop() {
      isStopping = true;
      life.tell(STOP_ORDER);
    },
    close: life.close,
  };
}
