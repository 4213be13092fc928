import { AggregatorRegistry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createEventBus } from '../../src/telemetry/events.ts';
import { createMetrics, type GatewayState } from '../../src/telemetry/metrics.ts';
import { askForFullBatch } from '../support/full-batch.ts';
import { gatewayWithSandbox, post } from '../support/gateway-with-sandbox.ts';
import { changes, scrape, seriesOf } from '../support/scrape.ts';
import { answerQueries, errorReply, peopleReply } from '../support/wire-replies.ts';

const ZHANG_SAN = '7000000000000000001';
const metered = (gateway = {}) => gatewayWithSandbox({ gateway: { metrics: true, ...gateway } });

const IDLE: GatewayState = {
  lookupsQueued: 0,
  quotaInUse: 0,
  quotaLimit: 0,
  breakersOpen: 0,
  identities: 0,
  cacheEntries: 0,
  tokenAgeMs: undefined,
  shared: undefined,
};
const metricsInState = (state: Partial<GatewayState> = {}) => {
  const metrics = createMetrics({ version: '1.2.3', state: () => ({ ...IDLE, ...state }), errCodes: new Set([10429]) });
  const emit = createEventBus({
    subscribers: [metrics.handlers],
    onError(error) {
      throw error;
    },
  });
  return { ...metrics, emit };
};

describe('the metrics of a gateway', () => {
  it('count 100 lookups of 20 requests in one batch as one call', async () => {
    const { gateway, ask } = await askForFullBatch({ gateway: { metrics: true } });
    const before = await scrape(gateway);
    await ask();
    const by = changes(before, await scrape(gateway));
    expect(by).toMatchObject({
      'requests_total{endpoint="graphql",outcome="OK"}': 20,
      'request_duration_seconds_count{endpoint="graphql"}': 20,
      'lookups_total{kind="key",outcome="found"}': 100,
      cache_misses_total: 100,
      'upstream_calls_total{kind="key",outcome="answered",err_code=""}': 1,
      'upstream_call_duration_seconds_count{kind="key"}': 1,
      batch_identifiers_sum: 100,
      batch_identifiers_count: 1,
      'batch_identifiers_bucket{le="100"}': 1,
      rate_limit_wait_seconds_count: 1,
      cache_entries: 100,
    });
    expect(by).not.toHaveProperty(['batch_identifiers_bucket{le="99"}']);
  });

  it('have no more series after 200 requests with different names, paths and keys', async () => {
    const { gateway, query } = await metered({ callsPerSecond: 1_000 });
    await gateway.whenReady;
    const ask = async (n: number) => {
      await query(`query Name${n} { alias${n}: user(key: "${n}") { key } }`);
      await gateway.fetch(new Request(`http://gateway.test/path${n}`));
      return (await scrape(gateway)).size;
    };
    await ask(0);
    const size = await ask(1);
    for (let n = 2; n < 200; n++) await ask(n);
    expect((await scrape(gateway)).size).toBe(size);
    expect(size).toBeLessThan(200);
  });

  it('count cache hits, misses, users not found and invalid identifiers', async () => {
    const { gateway, query } = await metered();
    await query(`{ user(key: "${ZHANG_SAN}") { key } }`);
    const before = await scrape(gateway);
    await query(`{ users(keys: ["${ZHANG_SAN}", "1", ""]) { key } }`);
    expect(changes(before, await scrape(gateway))).toMatchObject({
      'requests_total{endpoint="graphql",outcome="BAD_USER_INPUT"}': 1,
      'lookups_total{kind="key",outcome="found"}': 1,
      'lookups_total{kind="key",outcome="not_found"}': 1,
      'lookups_total{kind="key",outcome="BAD_USER_INPUT"}': 1,
      'cache_hits_total{level="memory"}': 1,
      cache_misses_total: 1,
    });
  });

  it('count stale users that are served', async () => {
    const { gateway, query, sandbox } = await metered({ cache: { ttlMs: 50 }, retry: { maxAttempts: 1 } });
    await query(`{ user(key: "${ZHANG_SAN}") { key } }`);
    sandbox.faults.start({ name: 'html', status: 503 });
    await expect
      .poll(async () => {
        await query(`{ user(key: "${ZHANG_SAN}") { key } }`);
        return (await scrape(gateway)).get('lark_gateway_stale_served_total');
      })
      .toBeGreaterThan(0);
    expect((await scrape(gateway)).get('lark_gateway_lookups_total{kind="key",outcome="stale"}')).toBeGreaterThan(0);
  });

  it.each([
    [10301, '10301', 'UPSTREAM_FORBIDDEN'],
    [987654321, 'other', 'UPSTREAM_REJECTED'],
  ])('label err_code %s of the user API %s', async (code, label, outcome) => {
    const harness = await metered();
    answerQueries(harness, () => errorReply(200, code));
    await harness.query(`{ user(key: "${ZHANG_SAN}") { key } }`);
    const told = await scrape(harness.gateway);
    expect(told.get(`lark_gateway_upstream_calls_total{kind="key",outcome="${outcome}",err_code="${label}"}`)).toBe(1);
    expect(told.get(`lark_gateway_lookups_total{kind="key",outcome="${outcome}"}`)).toBe(1);
  });

  it('count discarded rows', async () => {
    const harness = await metered();
    answerQueries(harness, () => peopleReply([{ user_key: 1 }, { user_key: '2' }, { user_key: '3' }]));
    await harness.query('{ users(keys: ["3", "4"]) { key } }');
    expect(await scrape(harness.gateway)).toEqual(
      expect.toSatisfy(
        (told: Map<string, number>) =>
          told.get('lark_gateway_rows_dropped_total{reason="malformed"}') === 1 &&
          told.get('lark_gateway_rows_dropped_total{reason="unrequested"}') === 1,
      ),
    );
  });

  it('show token age, cache size, quota and open circuit breakers', async () => {
    const { gateway, query, sandbox } = await metered({ breaker: { failures: 1 }, retry: { maxAttempts: 1 } });
    expect((await scrape(gateway)).has('lark_gateway_token_age_seconds')).toBe(false);
    await gateway.whenReady;
    await query(`{ user(key: "${ZHANG_SAN}") { key } }`);
    const told = await scrape(gateway);
    expect(told.get('lark_gateway_token_renewals_total{outcome="renewed"}')).toBe(1);
    expect(told.get('lark_gateway_token_age_seconds')).toBeGreaterThan(0);
    expect(told.get('lark_gateway_cache_entries')).toBe(1);
    expect(told.get('lark_gateway_quota_in_use_calls')).toBe(1);
    expect(told.get('lark_gateway_quota_limit_calls')).toBe(15);
    expect(told.get('lark_gateway_identities')).toBe(1);
    expect(told.get('lark_gateway_breakers_open')).toBe(0);
    sandbox.faults.start({ name: 'html', status: 503 });
    await query('{ user(key: "2") { key } }');
    expect((await scrape(gateway)).get('lark_gateway_breakers_open')).toBe(1);
  });

  it('show the queue depth', async () => {
    const { gateway, query } = await metered({ callsPerSecond: 1 });
    await gateway.whenReady;
    await query('{ user(key: "1") { key } }');
    const waits = query('{ users(keys: ["2", "3"]) { key } }');
    await expect.poll(async () => (await scrape(gateway)).get('lark_gateway_lookups_queued')).toBe(2);
    await waits;
    expect((await scrape(gateway)).get('lark_gateway_lookups_queued')).toBe(0);
  });

  it('count requests that are rejected before Yoga, and health checks', async () => {
    const { gateway } = await metered({ auth: { kind: 'none' } });
    await post(gateway, { query: '{ __typename }' });
    await gateway.fetch(new Request('http://localhost/health'));
    const told = seriesOf((await gateway.metrics?.text()) ?? '');
    expect(told.get('lark_gateway_requests_total{endpoint="other",outcome="FORBIDDEN"}')).toBe(1);
    expect(told.get('lark_gateway_requests_total{endpoint="health",outcome="OK"}')).toBe(1);
  });

  it('are of one gateway: each of a process has its own', async () => {
    const [one, other] = [await metered(), await metered()];
    await one.query('{ user(key: "1") { key } }');
    const key = 'lark_gateway_requests_total{endpoint="graphql",outcome="OK"}';
    expect([(await scrape(one.gateway)).get(key), (await scrape(other.gateway)).get(key)]).toEqual([1, undefined]);
  });

  it('show the version and the process', async () => {
    const { gateway } = await metered();
    const told = await scrape(gateway);
    const names = [...told.keys()];
    expect(names).toContainEqual(
      expect.stringMatching(/^lark_gateway_build_info\{version="\d+\.\d+\.\d+",node_version="v/),
    );
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_heap_size_used_bytes'])
      expect(told.get(name)).toBeGreaterThan(0);
    expect(told.get('nodejs_eventloop_utilization_ratio')).toBeLessThanOrEqual(1);
    expect([...told.values()].filter((value) => !Number.isFinite(value))).toEqual([]);
  });
});

describe('the metrics of Redis', () => {
  it('have no values without Redis, so that no alert fires', async () => {
    expect(
      [...seriesOf(await metricsInState().text()).keys()].filter((name) => /redis|quota_mode|replicas/.test(name)),
    ).toEqual([]);
  });

  it('show commands, whether Redis is up, and the mode of the quota', async () => {
    const metrics = metricsInState({ shared: { isUp: false, replicas: 3 } });
    metrics.emit({ type: 'redis-command', command: 'quota', outcome: 'ok', durationMs: 2 });
    metrics.emit({ type: 'redis-command', command: 'quota', outcome: 'skipped', durationMs: 0 });
    metrics.emit({ type: 'quota-mode', mode: 'distributed' });
    metrics.emit({ type: 'quota-mode', mode: 'fallback' });
    metrics.emit({ type: 'lookups', kind: 'key', cacheHits: 1, sharedHits: 4, coalesced: 0, queued: 0, shed: 0 });
    expect(Object.fromEntries(seriesOf(await metrics.text()))).toMatchObject({
      'lark_gateway_redis_commands_total{command="quota",outcome="ok"}': 1,
      'lark_gateway_redis_commands_total{command="quota",outcome="skipped"}': 1,
      'lark_gateway_redis_command_duration_seconds_count{command="quota"}': 1,
      lark_gateway_redis_up: 0,
      'lark_gateway_quota_mode{mode="distributed"}': 0,
      'lark_gateway_quota_mode{mode="fallback"}': 1,
      'lark_gateway_quota_mode{mode="recovering"}': 0,
      lark_gateway_replicas: 3,
      'lark_gateway_cache_hits_total{level="memory"}': 1,
      'lark_gateway_cache_hits_total{level="redis"}': 4,
    });
  });
});

it('requests on the fast path are counted among all requests and separately', async () => {
  const { emit, text } = metricsInState();
  for (const usedFastPath of [true, true, false]) {
    emit({ type: 'request', endpoint: 'graphql', status: 200, outcome: 'OK', usedFastPath });
  }
  const told = seriesOf(await text());
  expect(told.get('lark_gateway_fast_path_requests_total')).toBe(2);
  expect(told.get('lark_gateway_requests_total{endpoint="graphql",outcome="OK"}')).toBe(3);
});

it('snapshots of several worker processes are aggregated by sum or maximum', async () => {
  const workers = [
    metricsInState({ lookupsQueued: 2, tokenAgeMs: 1_000 }),
    metricsInState({ lookupsQueued: 3, tokenAgeMs: 5_000 }),
    metricsInState(),
  ];
  for (const { emit } of workers) emit({ type: 'request', endpoint: 'graphql', status: 200, outcome: 'OK' });
  const snapshots = await Promise.all(
    workers.map(async ({ snapshot }) => JSON.parse(JSON.stringify(await snapshot()))),
  );
  const told = seriesOf(await AggregatorRegistry.aggregate(snapshots).metrics());
  expect(told.get('lark_gateway_requests_total{endpoint="graphql",outcome="OK"}')).toBe(3);
  expect(told.get('lark_gateway_lookups_queued')).toBe(5);
  expect(told.get('lark_gateway_token_age_seconds')).toBe(5);
  expect(told.get(`lark_gateway_build_info{version="1.2.3",node_version="${process.version}"}`)).toBe(1);
});
