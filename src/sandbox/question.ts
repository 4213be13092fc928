import { KINDS, type Question } from './people-index.ts';
import type { ErrorCode } from './reply.ts';

/** Identifiers in one call [doc]. */
export const MAX_IDENTIFIERS = 100;

/** Why a body is refused: the error code and, for the developer, what was expected and what came. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly detail: string;
}

const ONE_OF = 'exactly one of user_keys, out_ids and emails';

/** Reads the body of a user query. Repeats count towards the 100: they are identifiers sent. */
export function readQuestion(body: unknown): Question | Refusal {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { code: 20006, detail: `expected a JSON object with ${ONE_OF}, got ${describe(body)}` };
  }
  const fields = body as Readonly<Record<string, unknown>>;
  const given = KINDS.filter((kind) => isGiven(fields[kind]));
  const [kind] = given;
  if (kind === undefined) return { code: 20005, detail: `expected ${ONE_OF} with at least one identifier, got none` };
  if (given.length > 1) return { code: 20006, detail: `expected ${ONE_OF}, got ${given.join(' and ')}` };

  const identifiers = fields[kind];
  if (!Array.isArray(identifiers)) {
    return { code: 20006, detail: `${kind} must be an array of strings, got ${describe(identifiers)}` };
  }
  if (identifiers.length > MAX_IDENTIFIERS) {
    return { code: 20004, detail: `at most ${MAX_IDENTIFIERS} ${kind} in one call, got ${identifiers.length}` };
  }
  const bad = identifiers.findIndex((identifier) => typeof identifier !== 'string' || identifier === '');
  if (bad >= 0) {
    return {
      code: 20006,
      detail: `${kind}[${bad}] must be a string that is not empty, got ${describe(identifiers[bad])}`,
    };
  }
  if (kind !== 'emails') return { kind, identifiers };

  const tenantKey = fields.tenant_key ?? '';
  if (typeof tenantKey !== 'string') {
    return { code: 20006, detail: `tenant_key must be a string, got ${describe(tenantKey)}` };
  }
  return tenantKey === '' ? { kind, identifiers } : { kind, identifiers, tenantKey };
}

/** Clients that send all three lists, two of them empty, ask for one kind all the same [?]. */
function isGiven(list: unknown): boolean {
  return list !== undefined && list !== null && !(Array.isArray(list) && list.length === 0);
}

function describe(value: unknown): string {
  if (value === '') return 'an empty string';
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
