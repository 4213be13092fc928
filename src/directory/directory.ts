import { GatewayError } from '../errors.ts';
import { noTelemetry, type Telemetry } from '../telemetry/events.ts';
import { type LookupKind, MAX_IDENTIFIERS_PER_CALL, type QueryUsers, type UserQuery } from '../upstream/user-query.ts';
import { comparable, parseIdentifier } from './identifier.ts';
import { type LookupResult, matchPeople } from './match.ts';

export interface LookupRequest {
  readonly kind: LookupKind;
  /** As clients wrote them, with repeats. */
  readonly identifiers: readonly string[];
  /** Counts with e-mails only: the tenant to search in place of the plugin's own. */
  readonly tenantKey?: string | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
}

export interface Directory {
  /**
   * Looks people up. Never rejects: one identifier's trouble is in its own place of the answer.
   * @returns one result for each identifier, in the order asked.
   */
  lookup(request: LookupRequest): Promise<LookupResult[]>;
}

export interface DirectoryOptions {
  queryUsers: QueryUsers;
  telemetry?: Telemetry | undefined;
}

export function createDirectory(options: DirectoryOptions): Directory {
  const { queryUsers } = options;
  const telemetry = options.telemetry ?? noTelemetry;

  return {
    async lookup({ kind, identifiers, tenantKey, signal }) {
      const checked = identifiers.map((raw) => attempt(() => parseIdentifier(kind, raw)));
      const tenant = attempt(() => (tenantKey === undefined ? undefined : parseIdentifier('tenantKey', tenantKey)));
      if (tenant instanceof GatewayError) return identifiers.map(() => tenant);

      const firstSpellings = new Map<string, string>();
      for (const identifier of checked) {
        if (identifier instanceof GatewayError) continue;
        const id = comparable(kind, identifier);
        if (!firstSpellings.has(id)) firstSpellings.set(id, identifier);
      }
      const results = new Map<string, LookupResult>();
      await Promise.all(
        chunks([...firstSpellings.entries()], MAX_IDENTIFIERS_PER_CALL).map(async (chunk) => {
          const query = { kind, identifiers: chunk.map(([, spelling]) => spelling), tenantKey: tenant };
          const answers = await ask(query, signal);
          chunk.forEach(([id], index) => {
            results.set(id, answers[index] ?? null);
          });
        }),
      );
      return checked.map((identifier) =>
        identifier instanceof GatewayError ? identifier : (results.get(comparable(kind, identifier)) ?? null),
      );
    },
  };

  async function ask(query: UserQuery, signal: AbortSignal | undefined): Promise<LookupResult[]> {
    try {
      const found = await queryUsers(query, signal);
      const { results, unasked } = matchPeople(query, found);
      if (found.malformedRows > 0 || unasked > 0) {
        telemetry({ type: 'rows-dropped', malformed: found.malformedRows, unasked });
      }
      return results;
    } catch (error) {
      const shown =
        error instanceof GatewayError
          ? error
          : new GatewayError('INTERNAL_SERVER_ERROR', 'The look-up failed inside the gateway.', { cause: error });
      return query.identifiers.map(() => shown);
    }
  }
}

function attempt<T>(parse: () => T): T | GatewayError {
  try {
    return parse();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
