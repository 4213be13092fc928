import { setTimeout as delay } from 'node:timers/promises';
import { defineFault } from './named-fault.ts';
import { wholeNumber } from './parameter.ts';
import { startReply, untilAborted } from './raw-reply.ts';

/** Longest wait, in milliseconds. */
const MAX_WAIT_MS = 3_600_000;

/** Answers that come late, or never. */
export const timingFaults = {
  latency: defineFault({
    about: 'the true answer, late; adds up with other faults: ms, and up to jitterMs more at random',
    parameters: { ms: wholeNumber(0, MAX_WAIT_MS, 1000), jitterMs: wholeNumber(0, MAX_WAIT_MS, 0) },
    strike: ({ ms, jitterMs }, { random }) => ({ waitMs: ms + Math.floor(random() * jitterMs) }),
  }),

  hang: defineFault({
    about: 'takes the call and never says a word',
    parameters: {},
    strike:
      (_values, { call }) =>
      async (response) => {
        await untilAborted(call.signal);
        response.destroy();
      },
  }),

  stall: defineFault({
    about: 'headers and half of the body, then silence',
    parameters: {},
    strike: (_values, { call, answer }) => {
      const reply = answer();
      return async (response) => {
        const bytes = startReply(response, reply, call);
        response.write(bytes.subarray(0, Math.floor(bytes.length / 2)));
        await untilAborted(call.signal);
        response.destroy();
      };
    },
  }),

  drip: defineFault({
    about: 'headers at once, then one byte of the true answer every everyMs',
    parameters: { everyMs: wholeNumber(1, 60_000, 100) },
    strike: ({ everyMs }, { call, answer }) => {
      const reply = answer();
      return async (response) => {
        const bytes = startReply(response, reply, call);
        response.flushHeaders();
        for (const byte of bytes) {
          response.write(Uint8Array.of(byte));
          await delay(everyMs, undefined, { signal: call.signal });
        }
        response.end();
      };
    },
  }),
};
