import { expect, it } from 'vitest';
import { createEventLog } from '../../src/telemetry/event-log.ts';
import { createEventBus, type GatewayEvent } from '../../src/telemetry/events.ts';
import { createLog, type LogLevel } from '../../src/telemetry/log.ts';

const BATCH: GatewayEvent = { type: 'batch', kind: 'key', identifiers: 1, refreshedAhead: 0, waitedMs: 0 };
const SHED: GatewayEvent = { type: 'shed', kind: 'key', lookups: 1 };

it('an event is delivered to the handlers of its type, in order, then to the listener of all events', () => {
  const calls: string[] = [];
  const emit = createEventBus({
    subscribers: [
      { batch: () => calls.push('first') },
      { shed: () => calls.push('other type') },
      { batch: () => calls.push('second') },
    ],
    listener: ({ type }) => calls.push(`listener ${type}`),
    onError: () => calls.push('error'),
  });
  emit(BATCH);
  emit({ type: 'rows-dropped', malformed: 1, unrequested: 0 });
  expect(calls).toEqual(['first', 'second', 'listener batch', 'listener rows-dropped']);
});

it('a handler that throws does not keep an event from the others', () => {
  const calls: unknown[] = [];
  const fail = () => {
    throw new Error('of this handler');
  };
  const emit = createEventBus({
    subscribers: [{ batch: fail }, { batch: () => calls.push('second') }],
    listener: fail,
    onError: (error) => calls.push((error as Error).message),
  });
  emit(BATCH);
  expect(calls).toEqual(['of this handler', 'second', 'of this handler']);
});

it.each<[LogLevel, string[]]>([
  ['trace', ['batch', 'shed']],
  ['debug', ['shed']],
  ['info', []],
  ['silent', []],
])('at log level %s only events whose lines are written are subscribed to: %j of these two', (level, types) => {
  const lines: string[] = [];
  const handlers = createEventLog(createLog({ level, write: ({ message }) => lines.push(message) }));
  const subscribed = Object.keys(handlers);
  expect(subscribed.length > 0).toBe(types.length > 0);
  expect([BATCH, SHED].filter(({ type }) => subscribed.includes(type)).map(({ type }) => type)).toEqual(types);
  const emit = createEventBus({ subscribers: [handlers], onError: () => {} });
  for (const event of [BATCH, SHED]) emit(event);
  expect(lines).toEqual(types);
});
