import type { PersonName } from './person-name.ts';

/** The way to other processes that remember people of the same user API. */
export interface ForgetChannel {
  /**
   * Tells all others that people of these names are to be forgotten, and empties what they share.
   * @returns how many others have done so, this process not counted.
   * @throws where not all of them have, or nobody knows.
   */
  publish(names: readonly PersonName[]): Promise<{ readonly replicas: number }>;
  /**
   * Called once, at the start.
   * @param onForget called with what another process publishes. Does not throw.
   * @param onMissed called where something may have been published that nobody can tell any more. Does not throw.
   */
  listen(onForget: (names: readonly PersonName[]) => void, onMissed: () => void): void;
}
