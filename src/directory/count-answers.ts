import { type ErrorCode, GatewayError } from '../errors.ts';
import type { GatewayEvent } from '../telemetry/events.ts';
import type { LookupKind } from '../upstream/user-query.ts';
import type { LookupResult } from './look-up.ts';

/** What the identifiers of a look-up were answered, in figures. @param stale how many of the people are. */
export function countAnswers(kind: LookupKind, results: readonly LookupResult[], stale: number): GatewayEvent {
  let notFound = 0;
  let failed = 0;
  const errors: Partial<Record<ErrorCode, number>> = {};
  for (const result of results) {
    if (result === null) notFound++;
    if (!(result instanceof GatewayError)) continue;
    failed++;
    errors[result.code] = (errors[result.code] ?? 0) + 1;
  }
  return { type: 'answers', kind, found: results.length - notFound - failed - stale, notFound, stale, errors };
}
