import type { CallerLimiter } from '../policies/caller-limiter.ts';

/**
 * Counts where all processes count; and by itself where that gives no answer.
 * @param isAnswer tells what the first rejects with when it says no from when it does not work.
 */
export function createInsuredLimiter(
  first: CallerLimiter,
  insurance: CallerLimiter,
  isAnswer: (error: unknown) => boolean,
): CallerLimiter {
  const either = async <T>(ask: (limiter: CallerLimiter) => Promise<T>): Promise<T> => {
    try {
      return await ask(first);
    } catch (error) {
      if (isAnswer(error)) throw error;
      return ask(insurance);
    }
  };
  return {
    points: first.points,
    consume: (...args) => either((limiter) => limiter.consume(...args)),
    reward: (...args) => either((limiter) => limiter.reward(...args)),
  };
}
