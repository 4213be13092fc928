import type { DocumentNode, GraphQLSchema } from 'graphql';
import { idIn } from '../http/documents/use-trusted-documents.ts';
import type { DocumentCache } from '../http/limits/document-cache.ts';
import { type Plan, planOperation } from './plan.ts';
import { createSelectionCache } from './selection-cache.ts';

/** An operation whose document has been answered before. */
export interface KnownOperation {
  readonly plan: Plan;
  /** As they came. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Finds what is asked in the body of a request. @returns `undefined` for what is Yoga's to answer, or to refuse. */
export type FindKnown = (body: unknown) => KnownOperation | undefined;

export interface KnownOperationsOptions {
  readonly schema: GraphQLSchema;
  /** Valid, and within the limits of documents. */
  readonly documents: DocumentCache;
  /** Finds the text of a trusted document by its id. @default any document is run */
  readonly findTrusted: ((id: string) => string | undefined) | undefined;
}

const NO_VARIABLES = {};

export function createFindKnown({ schema, documents, findTrusted }: KnownOperationsOptions): FindKnown {
  /** Gone with their documents. */
  const plans = new WeakMap<DocumentNode, Map<string | undefined, Plan | undefined>>();
  const cache = createSelectionCache();
  let planned = 0;

  return function findKnown(body) {
    if (!isObject(body) || !hasKnownParams(body, findTrusted !== undefined)) return undefined;
    const { operationName, variables } = body;
    const name = operationName === '' ? undefined : (operationName ?? undefined);
    if (name !== undefined && typeof name !== 'string') return undefined;
    if (!isObject(variables ?? NO_VARIABLES)) return undefined;
    const text = textIn(body);
    const document = text === undefined ? undefined : documents.get(text);
    const plan = document && planOf(document, name);
    return plan && { plan, variables: (variables ?? NO_VARIABLES) as KnownOperation['variables'] };
  };

  function textIn(params: Readonly<Record<string, unknown>>): string | undefined {
    const { query } = params;
    if (!findTrusted) return typeof query === 'string' ? query : undefined;
    const id = idIn(params);
    return query || id === null ? undefined : findTrusted(id);
  }

  function planOf(document: DocumentNode, name: string | undefined): Plan | undefined {
    const known = plans.get(document) ?? new Map<string | undefined, Plan | undefined>();
    if (known.has(name)) return known.get(name);
    const plan = planOperation(schema, document, name, { cache, name: String(planned++) });
    // Names that a document does not have are the client's to make up.
    if (plan || name === undefined) plans.set(document, known.set(name, plan));
    return plan;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasKnownParams(params: Readonly<Record<string, unknown>>, isTrusted: boolean): boolean {
  for (const name in params) {
    if (name === 'query' || name === 'variables' || name === 'operationName') continue;
    if (name === 'extensions' && isObject(params.extensions)) continue;
    if (name === 'documentId' && isTrusted) continue;
    return false;
  }
  return true;
}
