/** A plugin token with its lifetime. */
export interface PluginTokenLife {
  readonly token: string;
  /** When it was asked for. */
  readonly startedAt: number;
  /** When it may no longer be used, on the monotonic clock of this process. */
  readonly endsAt: number;
  /** When to look for the next one. */
  readonly renewAt: number;
}

/** Where several processes keep the one token that they share. */
export interface TokenStore {
  /**
   * @returns the token that is kept, `undefined` where there is none.
   * @throws Error where the store cannot be reached.
   */
  read(): Promise<PluginTokenLife | undefined>;
  /** Keeps a token until its end, in place of what was there. @throws Error where the store cannot be reached. */
  write(life: PluginTokenLife): Promise<void>;
  /**
   * Takes the right to get a new token, for `forMs` milliseconds at most.
   * @returns how to give it back; `undefined` where another process has it.
   * @throws Error where the store cannot be reached.
   */
  lock(forMs: number): Promise<(() => Promise<void>) | undefined>;
}
