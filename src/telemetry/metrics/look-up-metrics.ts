import type { ErrorCode } from '../../errors.ts';
import type { Telemetry } from '../events.ts';
import type { Meters } from './meters.ts';

/** Look-ups, and what memory and joining saved. */
export function createLookUpMetrics(meters: Meters): Telemetry {
  const lookUps = meters.counter(
    'look_ups_total',
    'Identifiers answered, by kind, and by outcome: found, not_found, stale, or the code of the error.',
    ['kind', 'outcome'],
  );
  const hits = meters.counter(
    'cache_hits_total',
    'Identifiers answered from memory: that of this process (memory), or the one that replicas share (redis).',
    ['level'],
  );
  hits.inc({ level: 'memory' }, 0);
  const misses = meters.counter(
    'cache_misses_total',
    'Identifiers that no memory knew, and nobody else had asked for.',
  );
  const joined = meters.counter(
    'look_ups_joined_total',
    'Identifiers that another request had asked for already, and that shared its answer.',
  );
  const shed = meters.counter(
    'look_ups_shed_total',
    'Identifiers refused without a call: the queue is full, the wait too long, or the user API resting.',
  );
  const stale = meters.counter(
    'stale_served_total',
    'Identifiers answered with a person whose time in memory is over, since the user API is in trouble.',
  );

  return (event) => {
    if (event.type === 'look-ups') {
      if (event.cacheHits > 0) hits.inc({ level: 'memory' }, event.cacheHits);
      if (event.sharedHits !== undefined) hits.inc({ level: 'redis' }, event.sharedHits);
      const missed = event.queued + event.shed;
      if (missed > 0) misses.inc(missed);
      if (event.joined > 0) joined.inc(event.joined);
      if (event.shed > 0) shed.inc(event.shed);
    } else if (event.type === 'shed') {
      shed.inc(event.lookUps);
    } else if (event.type === 'answers') {
      const { kind, found, notFound, errors } = event;
      if (found > 0) lookUps.inc({ kind, outcome: 'found' }, found);
      if (notFound > 0) lookUps.inc({ kind, outcome: 'not_found' }, notFound);
      if (event.stale > 0) {
        lookUps.inc({ kind, outcome: 'stale' }, event.stale);
        stale.inc(event.stale);
      }
      for (const code in errors) lookUps.inc({ kind, outcome: code }, errors[code as ErrorCode]);
    }
  };
}
