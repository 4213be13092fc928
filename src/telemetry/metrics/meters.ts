import { type Aggregator, Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What every name begins with, but those of the process, which have the names that all programs give them. */
const PREFIX = 'lark_gateway_';

/** Makes the metrics of one registry. Whatever is given as a label has to be one of a few fixed values. */
export interface Meters {
  counter<Label extends string = never>(name: string, help: string, labelNames?: readonly Label[]): Counter<Label>;
  /** @param buckets upper bounds, in the unit of the name. */
  histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames?: readonly Label[],
  ): Histogram<Label>;
  /**
   * Has no value until it is set.
   * @param aggregator what becomes of the values of several worker processes.
   */
  gauge<Label extends string = never>(
    name: string,
    help: string,
    aggregator: Aggregator,
    labelNames?: readonly Label[],
  ): Gauge<Label>;
}

/** @param prefix @default 'lark_gateway_' */
export function createMeters(registry: Registry, prefix = PREFIX): Meters {
  const registers = [registry];
  return {
    counter: (name, help, labelNames = []) => new Counter({ name: prefix + name, help, labelNames, registers }),
    histogram: (name, help, buckets, labelNames = []) =>
      new Histogram({ name: prefix + name, help, buckets: [...buckets], labelNames, registers }),
    gauge(name, help, aggregator, labelNames = []) {
      const gauge = new Gauge({ name: prefix + name, help, aggregator, labelNames, registers });
      // Without labels it begins as 0, which would be a lie: Redis is not down where there is none.
      if (labelNames.length === 0) gauge.remove();
      return gauge;
    },
  };
}

/** Sets a gauge; takes its value away where there is none. */
export function setOrRemove(gauge: Gauge, value: number | undefined): void {
  if (value === undefined) gauge.remove();
  else gauge.set(value);
}
