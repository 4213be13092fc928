import type { ForgottenPeople } from './forgotten-people.ts';
import type { PersonCache } from './person-cache.ts';
import { createNameSet, type PersonName, parsePersonName } from './person-name.ts';
import type { Queue } from './queue.ts';
import type { Rejections } from './rejections.ts';

/** Who was forgotten, as far as they were known here. */
export interface Forgotten {
  /** All that they go by, what was asked included: whoever else remembers people has to be told all of them. */
  readonly names: readonly PersonName[];
  /** How many people, "there is no such person" and refused values were removed. It does not tell which. */
  readonly entries: number;
}

export interface ForgetOptions {
  cache: PersonCache;
  rejections: Rejections;
  forgotten: ForgottenPeople;
  queue: Queue;
}

/** Forgets people wherever this process remembers any. @throws GatewayError BAD_USER_INPUT where a name cannot be one. */
export function createForget(options: ForgetOptions): (...names: readonly PersonName[]) => Forgotten {
  const { cache, rejections, forgotten, queue } = options;

  return function forget(...asked) {
    const { names, removed } = cache.forget(forgotten.withEarlier(asked.map(parsePersonName)));
    // Before anything else can run: an answer that comes from now on is of before.
    forgotten.add(names);
    const all = createNameSet(names);
    queue.forget(all);
    return { names, entries: removed + rejections.forget(all) };
  };
}
