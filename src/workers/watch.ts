/** Often enough to tell soon, and next to no work for anybody. */
const ASK_EVERY_MS = 5_000;
/**
 * Half a minute: longer than a busy event loop, the collection of garbage or a machine without memory keep a healthy worker from
 * answering. Counted in questions, not by a clock: while the primary itself stands still, as on a machine that sleeps, it asks
 * nothing, and holds nothing against anybody.
 */
const UNANSWERED_AT_MOST = 6;

/**
 * Asks a worker again and again whether it is there.
 * @param answers resolves with each answer. What comes late is an answer, too.
 * @param onSilent called once, when there has been no answer for 30 s; nothing is asked after that.
 * @returns how to end it.
 */
export function watch(answers: () => Promise<unknown>, onSilent: () => void): () => void {
  let unanswered = 0;
  let timer = setTimeout(look, ASK_EVERY_MS);
  return () => clearTimeout(timer);

  function look(): void {
    if (unanswered === UNANSWERED_AT_MOST) {
      onSilent();
      return;
    }
    unanswered++;
    void note();
    timer = setTimeout(look, ASK_EVERY_MS);
  }

  async function note(): Promise<void> {
    try {
      await answers();
      unanswered = 0;
    } catch {
      // The channel was closed: its end is told as such.
    }
  }
}
