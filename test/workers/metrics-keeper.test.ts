import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { aggregateMetrics, createMeters } from '../../src/telemetry/prometheus.ts';
import { createPrimary } from '../../src/workers/primary.ts';
import { createWorkerState } from '../../src/workers/worker-state.ts';
import { seriesOf } from '../support/scrape.ts';
import { wirePair } from '../support/wires.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A primary, and workers that each have counted one request, which took 0.3 s, and keep one person in memory. */
function counted() {
  const primary = createPrimary({ workers: 2, callsPerSecond: 15 });
  let started = 0;
  const start = () => {
    const [here, there] = wirePair();
    const gone = primary.attach(`worker ${++started}`, there);
    const state = createWorkerState({ wire: here, workers: 2 });
    const registry = new Registry();
    const meters = createMeters(registry, '');
    const requests = meters.counter('requests', 'Requests.', ['outcome']);
    const seconds = meters.histogram('seconds', 'How long they took.', [0.1, 1]);
    meters.gauge('entries', 'People in memory.', 'sum').set(1);
    const request = () => {
      requests.inc({ outcome: 'OK' });
      seconds.observe(0.3);
    };
    request();
    state.onQuestion('metrics', () => registry.getMetricsAsJSON());
    return { gone, request, hangs: () => state.onQuestion('metrics', () => new Promise(() => {})) };
  };
  const gather = async () => {
    // Until they have said that they are there.
    await Promise.resolve();
    const asked = primary.askAll({ about: 'metrics', body: null }, 3_000);
    await vi.advanceTimersByTimeAsync(3_000);
    return asked;
  };
  const figures = async () => {
    // As it comes over the wire.
    const { answers } = structuredClone(await gather());
    const all = seriesOf(await aggregateMetrics(answers as object[][]));
    return ['requests{outcome="OK"}', 'seconds_bucket{le="1"}', 'seconds_count', 'entries'].map((name) =>
      all.get(name),
    );
  };
  return { start, gather, figures };
}

it('what a worker has counted stays when it is gone; how it was does not', async () => {
  const { start, figures } = counted();
  const [a] = [start(), start()];
  a.request();
  expect(await figures()).toEqual([3, 3, 3, 2]);
  a.gone();
  expect(await figures()).toEqual([3, 3, 3, 1]);
  start();
  expect(await figures()).toEqual([4, 4, 4, 2]);
});

it('many that are gone are one snapshot', async () => {
  const { start, gather, figures } = counted();
  for (let crash = 0; crash < 5; crash++) {
    const { gone } = start();
    await gather();
    gone();
  }
  expect((await gather()).answers).toHaveLength(1);
  expect(await figures()).toEqual([5, 5, 5, undefined]);
});

it('what a worker has told last stands for it while it does not answer, and is counted once when it is gone', async () => {
  const { start, gather, figures } = counted();
  const [a] = [start(), start()];
  await gather();
  a.hangs();
  expect(await figures()).toEqual([2, 2, 2, 2]);
  expect((await gather()).missing).toBe(1);
  a.gone();
  expect(await figures()).toEqual([2, 2, 2, 1]);
});

it('a worker that is gone after its answer, before that of another, is counted once', async () => {
  const { start, figures } = counted();
  const [a, b] = [start(), start()];
  await figures();
  b.hangs();
  a.request();
  const asked = figures();
  await vi.advanceTimersByTimeAsync(1);
  a.gone();
  expect(await asked).toEqual([3, 3, 3, 1]);
});

it('one that was gone before it told anything has counted nothing', async () => {
  const { start, figures } = counted();
  start().gone();
  start();
  expect(await figures()).toEqual([1, 1, 1, 1]);
});
