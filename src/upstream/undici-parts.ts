import { createRequire } from 'node:module';

type Undici = typeof import('undici');

const load = createRequire(import.meta.url);

/**
 * The parts of undici that are used. Its index loads ten times as many modules, among them a whole `fetch` and its mocks, which
 * takes 40 ms of every start. The version is pinned: where such a part has moved, nothing starts.
 */
export const Agent = load('undici/lib/dispatcher/agent.js') as Undici['Agent'];
export const Pool = load('undici/lib/dispatcher/pool.js') as Undici['Pool'];
export const { kParser, kSocket } = load('undici/lib/core/symbols.js') as Record<'kParser' | 'kSocket', symbol>;
export const errors = load('undici/lib/core/errors.js') as Undici['errors'];

/** All of it: a proxy needs parts of undici that only its index puts together. */
export const loadUndici = (): Undici => load('undici') as Undici;
