import type { Receipt } from '../../directory/receipt.ts';
import type { GatewayEvent } from '../../telemetry/events.ts';
import type { LogFields } from '../../telemetry/log-fields.ts';
import type { RequestSpan } from '../../telemetry/traces/request-span.ts';

/** What a request is for. */
export type Endpoint = Extract<GatewayEvent, { type: 'request' }>['endpoint'];

/** What is known of a request on its way, until its line is written. */
export interface RequestNote {
  readonly requestId: string;
  readonly traceId: string | undefined;
  readonly endpoint: Endpoint;
  readonly startedAt: number;
  /** Of requests for GraphQL only. */
  readonly span: RequestSpan | undefined;
  /** Errors of the answer by code, in the order in which the codes first came. */
  readonly errors: Record<string, number>;
  /** The type only: its name is the client's to choose, and can name anybody. */
  operation?: LogFields['operation'];
  /** How many its operations name. */
  identifiers?: number;
  /** One for each operation that was executed. */
  readonly receipts: Receipt[];
}

const ENDPOINTS: Readonly<Partial<Record<string, Endpoint>>> = {
  '/graphql': 'graphql',
  '/graphql/': 'graphql',
  '/forget': 'forget',
  '/health': 'health',
  '/readiness': 'readiness',
  '/metrics': 'metrics',
};

/** Any other path is the client's own text, and is not told. */
export const endpointOf = (path: string): Endpoint => ENDPOINTS[path] ?? 'other';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export const methodOf = (method: string | undefined): string => (method && METHODS.has(method) ? method : 'other');

/** The code of an error in an answer. Yoga's own, about the request as HTTP, often have none. */
export function addErrors(
  errors: RequestNote['errors'],
  found: readonly { readonly extensions: Readonly<Record<string, unknown>> }[],
): void {
  for (const { extensions } of found) {
    const code = typeof extensions.code === 'string' ? extensions.code : 'WITHOUT_CODE';
    errors[code] = (errors[code] ?? 0) + 1;
  }
}
