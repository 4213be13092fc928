import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { expected, onOff, setting, wholeNumber } from '../setting.ts';

const MOST_WORKERS = 64;

export const serverSettings = {
  PORT: setting(wholeNumber(0, 65_535), {
    about: 'Port of the gateway; 0 takes any free one.',
    default: '4000',
    value: 'number',
  }),
  HOST: setting(z.string(), { about: 'Address the gateway listens on.', default: '127.0.0.1', value: 'address' }),
  WORKERS: setting(
    z
      .string()
      .refine(
        (text) => text === 'auto' || wholeNumber(1, MOST_WORKERS).safeParse(text).success,
        expected(`a whole number from 1 to ${MOST_WORKERS}, or auto`),
      )
      .transform((text) => (text === 'auto' ? Math.min(availableParallelism(), MOST_WORKERS) : Number(text))),
    {
      about:
        'Processes that serve the same port, sharing quota and token; auto is one for each processor. They help where a processor is busy, and have no more quota than one.',
      default: '1',
      value: 'number|auto',
    },
  ),
  METRICS_PORT: setting(wholeNumber(0, 65_535), {
    about:
      'Port of its own for /metrics, on HOST and with the credentials of AUTH; 0 takes any free one. Without it, /metrics is on PORT.',
    value: 'number',
  }),
  REQUEST_TIMEOUT_MS: setting(wholeNumber(1, 600_000), {
    about: 'Deadline of one request, in milliseconds, queueing included.',
    default: '10000',
    value: 'ms',
  }),
  QUEUE_LIMIT: setting(wholeNumber(1, 1_000_000), {
    about: 'Lookups that may be queued, over all requests; more are refused as OVERLOADED.',
    default: '6000',
    value: 'number',
  }),
  MAX_IDENTIFIERS: setting(wholeNumber(1, 1_000_000), {
    about: 'Identifiers that one operation may name, over all its aliases and lists.',
    default: '1000',
    value: 'number',
  }),
  MAX_BODY_BYTES: setting(wholeNumber(1_000, 100_000_000), {
    about: 'Size of one request body; more is refused with status 413 while it comes in.',
    default: '1048576',
    value: 'bytes',
  }),
  MAX_BATCHED_OPERATIONS: setting(wholeNumber(0, 100), {
    about:
      'Operations that one request may hold as a JSON array, each with limits of its own; 0 for one operation a request.',
    default: '0',
    value: 'number',
  }),
  FAST_PATH: setting(onOff, {
    about:
      'Skips Yoga for operations that only look users up, with the same responses. Switch it off to rule it out when looking for a fault.',
    default: 'true',
    value: 'true|false',
    isSwitch: true,
  }),
  SHUTDOWN_DELAY_SECONDS: setting(wholeNumber(0, 3_600), {
    about: 'After SIGTERM the gateway is not ready, but accepts requests for so long, until the balancer has noticed.',
    default: '0',
    value: 'seconds',
  }),
  SHUTDOWN_GRACE_SECONDS: setting(wholeNumber(0, 3_600), {
    about: 'Then requests in flight may take so long to finish.',
    default: '10',
    value: 'seconds',
  }),
} as const;
