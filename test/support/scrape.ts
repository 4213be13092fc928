import type { Gateway } from '../../src/gateway.ts';

/** What a scrape tells: values by name and labels, as they stand there: `lark_gateway_requests_total{endpoint="graphql",outcome="OK"}`. */
export type Scrape = ReadonlyMap<string, number>;

export async function scrape(gateway: Gateway, headers: Record<string, string> = {}): Promise<Scrape> {
  const response = await gateway.fetch(new Request('http://gateway.test/metrics', { headers }));
  if (response.status !== 200) throw new Error(`Expected 200 of /metrics, got ${response.status}.`);
  return seriesOf(await response.text());
}

export const seriesOf = (text: string): Scrape =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );

/** What has changed between two scrapes, without the process, and without the prefix. */
export function changes(before: Scrape, after: Scrape): Record<string, number> {
  const changed = [...after].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(
    changed
      .filter(([name, by]) => name.startsWith(PREFIX) && by !== 0)
      .map(([name, by]) => [name.slice(PREFIX.length), by]),
  );
}

const PREFIX = 'lark_gateway_';

/** The names of all metrics, with their kind, and their words. */
export function familiesOf(text: string): { name: string; type: string; help: string }[] {
  return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\w+)$/gm)].map(([, name = '', help = '', type = '']) => ({
    name,
    type,
    help,
  }));
}
