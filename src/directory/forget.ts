import { z } from 'zod';
import { GatewayError } from '../errors.ts';
import { LOOKUP_KINDS } from '../lookup-kinds.ts';
import { untilAborted } from '../policies/deadline.ts';
import type { Directory } from './directory.ts';
import { parseUserIdentifier, type UserIdentifier } from './identifiers.ts';
import type { Forgotten } from './user-store.ts';

/** The way to the other replicas of a deployment, and to the cache that they share. */
export interface ForgetChannel {
  /**
   * Has all others forget the users of these identifiers, and removes them from the shared cache.
   * @returns how many others have done so, this process not counted.
   * @throws where not all of them have, or that is not known.
   */
  publish(identifiers: readonly UserIdentifier[]): Promise<{ readonly replicas: number }>;
  /**
   * Called once, at the start.
   * @param onForget called with what another process publishes. Does not throw.
   * @param onMissed called where something may have been published that cannot be read any more. Does not throw.
   */
  listen(onForget: (identifiers: readonly UserIdentifier[]) => void, onMissed: () => void): void;
}

export interface ForgottenEverywhere {
  /** How many users, "not found" and invalid identifiers this process had cached. */
  readonly entries: number;
  /** How many processes have forgotten the user, this one included. */
  readonly replicas: number;
}

/**
 * Forgets a user in this process, then in all others. Calling it again is harmless, and means all identifiers found before.
 * Rejects with GatewayError: BAD_USER_INPUT where the identifier is malformed; FORGET_INCOMPLETE where the user is forgotten in this
 * process, and perhaps not in all others.
 */
export type ForgetEverywhere = (identifier: UserIdentifier) => Promise<ForgottenEverywhere>;

export interface ForgetOptions {
  directory: Directory;
  /** @default none: this process is the only one */
  channel?: ForgetChannel | undefined;
  /** Called when a user is forgotten here: empties what else of this process may hold identifiers. */
  onForgotten?: (() => void) | undefined;
  /** How long the others may take, in milliseconds. @default 10000 */
  timeoutMs?: number | undefined;
}

export function createForget(options: ForgetOptions): ForgetEverywhere {
  const { directory, channel, onForgotten, timeoutMs = 10_000 } = options;
  channel?.listen(
    (identifiers) => {
      // A process of another version may publish what this one does not know.
      const known = identifiers.filter(isKnown);
      if (known.length > 0) forgetHere(known);
    },
    () => {
      directory.forgetAll();
      onForgotten?.();
    },
  );

  return async function forgetEverywhere(identifier) {
    const { names, entries } = forgetHere([identifier]);
    if (!channel) return { entries, replicas: 1 };
    try {
      const { replicas } = await untilAborted(channel.publish(names), AbortSignal.timeout(timeoutMs));
      return { entries, replicas: replicas + 1 };
    } catch (cause) {
      throw new GatewayError(
        'FORGET_INCOMPLETE',
        'The process that answers has forgotten the user; whether all others have is not known. Try again.',
        { cause },
      );
    }
  };

  function forgetHere(identifiers: readonly UserIdentifier[]): Forgotten {
    const forgotten = directory.forget(...identifiers);
    onForgotten?.();
    return forgotten;
  }
}

const identifierShape = z.object({
  kind: z.enum(LOOKUP_KINDS),
  identifier: z.string(),
  tenantKey: z.string().optional(),
});

function isKnown(identifier: unknown): identifier is UserIdentifier {
  const { success, data } = identifierShape.safeParse(identifier);
  try {
    return success && Boolean(parseUserIdentifier(data));
  } catch {
    return false;
  }
}
