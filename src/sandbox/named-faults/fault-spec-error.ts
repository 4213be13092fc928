/** Faults that cannot be switched on, with all mistakes at once: each says where, what was expected, and what came. */
export class FaultSpecError extends Error {
  override readonly name = 'FaultSpecError';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.mistakes = mistakes;
  }
}
