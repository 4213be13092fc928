import { z } from 'zod';
import { GatewayError } from '../errors.ts';
import { untilAborted } from '../policies/deadline.ts';
import type { Directory } from './directory.ts';
import type { ForgetChannel } from './forget-channel.ts';
import type { Forgotten } from './memory.ts';
import { EVERY_KIND, type PersonName, parsePersonName } from './person-name.ts';

export interface ForgottenEverywhere {
  /** How many people, "there is no such person" and refused values this process had of them. */
  readonly entries: number;
  /** How many processes have forgotten them, this one included. */
  readonly replicas: number;
}

/**
 * Forgets a person here, and then everywhere else. Asking again is harmless, and means all that they were known by before.
 * Rejects with GatewayError: BAD_USER_INPUT where the name cannot be one; FORGET_INCOMPLETE where they are forgotten here, and
 * perhaps not everywhere.
 */
export type ForgetEverywhere = (name: PersonName) => Promise<ForgottenEverywhere>;

export interface ForgettingOptions {
  directory: Directory;
  /** @default none: this process is the only one */
  channel?: ForgetChannel | undefined;
  /** Called when somebody is forgotten here: empties what else of this process may hold what they go by. */
  alsoForget?: (() => void) | undefined;
  /** How long the others may take, in milliseconds. @default 10000 */
  timeoutMs?: number | undefined;
}

export function createForgetting(options: ForgettingOptions): ForgetEverywhere {
  const { directory, channel, alsoForget, timeoutMs = 10_000 } = options;
  channel?.listen(
    (names) => {
      // What is no name, from a process of another version, must not keep the others.
      const known = names.filter(isName);
      if (known.length > 0) forgetHere(known);
    },
    () => {
      directory.forgetEverybody();
      alsoForget?.();
    },
  );

  return async function forgetEverywhere(name) {
    const { names, entries } = forgetHere([name]);
    if (!channel) return { entries, replicas: 1 };
    try {
      const { replicas } = await untilAborted(channel.publish(names), AbortSignal.timeout(timeoutMs));
      return { entries, replicas: replicas + 1 };
    } catch (cause) {
      throw new GatewayError(
        'FORGET_INCOMPLETE',
        'The process that answers has forgotten them; whether all others have is not known. Ask again.',
        { cause },
      );
    }
  };

  function forgetHere(names: readonly PersonName[]): Forgotten {
    const forgotten = directory.forget(...names);
    alsoForget?.();
    return forgotten;
  }
}

const nameShape = z.object({
  kind: z.enum(EVERY_KIND),
  identifier: z.string(),
  tenantKey: z.string().optional(),
});

function isName(name: unknown): name is PersonName {
  const { success, data } = nameShape.safeParse(name);
  try {
    return success && Boolean(parsePersonName(data));
  } catch {
    return false;
  }
}
