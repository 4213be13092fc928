import { LRUCache } from 'lru-cache';
import type { RootSelection } from './selection.ts';

/** What has been planned, with `undefined` for what is not planned here. */
export interface Planned {
  readonly selection: RootSelection | undefined;
}

/** Selections by their plan and the conditions that are met, over all documents: those that are not used go first. */
export type SelectionCache = LRUCache<string, Planned>;

/** Fields that all of them together may have. One takes up to 800 bytes: 32 MB at worst. */
const MAX_FIELDS = 40_000;

export const createSelectionCache = (): SelectionCache =>
  new LRUCache<string, Planned>({ maxSize: MAX_FIELDS, sizeCalculation: ({ selection }) => fieldsOf(selection) });

/** A short document can have many: fragments count for each field that selects them. */
function fieldsOf(selection: RootSelection = []): number {
  let fields = 1;
  for (const field of selection) fields += 'person' in field ? 1 + field.person.length : 1;
  return fields;
}
