import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { failures } from '../../src/errors.ts';
import { createEventBus } from '../../src/telemetry/events.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { anchorsOf, ROOT } from '../support/markdown.ts';
import { familiesOf, seriesOf } from '../support/scrape.ts';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Partial<Record<'summary' | 'description' | 'runbook', string>>>;
}
interface Panel {
  readonly title: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string }[];
}

const read = (path: string) => readFileSync(join(ROOT, 'deploy', path), 'utf8');
const alerts: Alert[] = parse(read('prometheus/alerts.yml')).groups.flatMap(({ rules }: { rules: Alert[] }) => rules);
const dashboard: { panels: Panel[]; templating: { list: { type: string; name: string; definition?: string }[] } } =
  JSON.parse(read('grafana/lark-user-gateway.json'));
const expressions = [
  ...alerts.map(({ alert, expr }) => ({ of: alert, expr })),
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ of: title, expr }))),
];

const WORDS = new Set(['and', 'or', 'unless', 'by', 'on', 'without', 'le']);

/** Each metric of an expression, with the labels that it is filtered by. */
function selectorsOf(expr: string): { name: string; labels: string[] }[] {
  const text = expr.replace(/\b(by|on|without|group_left) ?\([^)]*\)/g, '').replace(/\[[^\]]*\]/g, '');
  const selectors = text.matchAll(/\b([a-z][\w:]*)\b(?!\s*\()(?:\{([^}]*)\})?/g);
  const ofText = (inside: string) => [...inside.matchAll(/(\w+)\s*[=!]~?/g)].map(([, label = '']) => label);
  return [...selectors]
    .filter(([, name = '']) => !WORDS.has(name))
    .map(([, name = '', inside = '']) => ({ name, labels: ofText(inside.replace(/"[^"]*"/g, '""')) }));
}

/** The labels of each metric after every type of event. */
async function labelsByName(): Promise<Map<string, Set<string>>> {
  const metrics = createMetrics({
    version: '1.2.3',
    errCodes: new Set(),
    state: () => ({
      lookupsQueued: 1,
      quotaInUse: 1,
      quotaLimit: 1,
      breakersOpen: 1,
      identities: 1,
      cacheEntries: 1,
      tokenAgeMs: 1,
      shared: { isUp: true, replicas: 1 },
    }),
  });
  const emit = createEventBus({
    subscribers: [metrics.handlers],
    onError(error) {
      throw error;
    },
  });
  const kind = 'key';
  emit({ type: 'request', endpoint: 'graphql', status: 200, outcome: 'OK', durationMs: 1 });
  emit({ type: 'lookups', kind, cacheHits: 1, sharedHits: 1, coalesced: 1, queued: 1, shed: 1 });
  emit({ type: 'lookup-results', kind, found: 1, notFound: 1, stale: 1, errors: { OVERLOADED: 1 } });
  emit({ type: 'batch', kind, identifiers: 1, refreshedAhead: 1, waitedMs: 1 });
  emit({ type: 'upstream-call', kind, identifiers: 1, outcome: 'answered', durationMs: 1 });
  emit({ type: 'rows-dropped', malformed: 1, unrequested: 1 });
  emit({ type: 'token-renewal', outcome: 'renewed', durationMs: 1 });
  emit({ type: 'jwks-fetch', outcome: 'fetched' });
  emit({ type: 'redis-command', command: 'quota', outcome: 'ok', durationMs: 1 });
  emit({ type: 'quota-mode', mode: 'distributed' });
  const labels = new Map<string, Set<string>>();
  for (const series of seriesOf(await metrics.text()).keys()) {
    const [name = '', inside = ''] = series.split('{');
    const own = labels.get(name) ?? new Set();
    for (const [, label = ''] of inside.matchAll(/(\w+)="/g)) own.add(label);
    labels.set(name, own);
  }
  metrics.dispose();
  return labels;
}

describe('deploy/: the alerts for Prometheus and the dashboard for Grafana', () => {
  it('contain alerts, panels and metrics', () => {
    expect(alerts.length).toBeGreaterThan(10);
    expect(expressions.length).toBeGreaterThan(50);
    expect(selectorsOf('sum by (le) (rate(a_total{b="c", d!~"e"}[5m])) / x and on (job) y > 0.5')).toEqual([
      { name: 'a_total', labels: ['b', 'd'] },
      { name: 'x', labels: [] },
      { name: 'y', labels: [] },
    ]);
  });

  it('use only metrics of a scrape of the gateway', async () => {
    const { gateway } = await gatewayWithSandbox({ gateway: { metrics: true } });
    const families = familiesOf((await gateway.metrics?.text()) ?? '');
    const names = families.flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
    const queries = dashboard.templating.list.flatMap(
      ({ definition = '' }) => /\(([a-z_]+)/.exec(definition)?.[1] ?? [],
    );
    const used = [...queries, ...expressions.flatMap(({ expr }) => selectorsOf(expr).map(({ name }) => name))];
    expect(used.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('filter only by labels of those metrics', async () => {
    const known = await labelsByName();
    const strange = expressions.flatMap(({ of, expr }) =>
      selectorsOf(expr).flatMap(({ name, labels }) =>
        labels
          .filter((label) => !['job', 'instance'].includes(label) && !known.get(name)?.has(label))
          .map((label) => `${of}: ${name}{${label}}`),
      ),
    );
    expect(strange).toEqual([]);
  });

  it('use only existing codes', () => {
    const codes = expressions.flatMap(({ expr }) => expr.match(/\b[A-Z]+(?:_[A-Z]+)+\b|\bOVERLOADED\b/g) ?? []);
    expect(codes.length).toBeGreaterThan(5);
    expect(codes.filter((code) => !(code in failures))).toEqual([]);
  });

  it.each(alerts)('$alert says what fails, what to do, and where the runbook is', ({ labels, annotations }) => {
    expect(['critical', 'warning']).toContain(labels.severity);
    expect(annotations.summary).toMatch(/\.$/);
    expect(annotations.description).toMatch(/\.$/);
    const [page = '', heading] = annotations.runbook?.split('#') ?? [];
    expect(page).toBe('docs/operations.md');
    expect(anchorsOf(page)).toContain(heading);
  });

  it('the dashboard uses the chosen data source, in five rows', () => {
    expect(dashboard.templating.list[0]).toMatchObject({ type: 'datasource', name: 'datasource' });
    const sources = dashboard.panels.flatMap(({ datasource }) => datasource?.uid ?? []);
    expect([...new Set(sources)]).toEqual([expect.stringMatching(/^\$\{datasource\}$/)]);
    const rows = dashboard.panels.filter(({ targets }) => !targets).map(({ title }) => title);
    expect(rows).toEqual(['Requests', 'Lookups and cache', 'Quota and upstream', 'Redis', 'Process']);
  });
});
