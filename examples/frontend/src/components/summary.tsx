import { useMessages } from '../language.ts';
import type { Progress } from '../look-up.ts';

interface SummaryProps {
  readonly progress: Progress | undefined;
  readonly isBusy: boolean;
}

/** The live counter. It stands there from the start: screen readers tell changes of what they know already. */
export function Summary({ progress, isBusy }: SummaryProps) {
  const messages = useMessages();
  return (
    <div className="summary" role="status">
      {progress && (
        <>
          <p className="counter">{messages.counter(progress.people.length, progress.upstreamCalls)}</p>
          <p className="details">{detailsOf(progress, messages).join(' · ')}</p>
        </>
      )}
      {!progress && isBusy && <p className="counter">{messages.lookingUp}</p>}
    </div>
  );
}

function detailsOf(progress: Progress, messages: ReturnType<typeof useMessages>): string[] {
  const failed = progress.failures.reduce((sum, { identifiers }) => sum + identifiers.length, 0);
  const details = [messages.progress(progress.answered, progress.asked)];
  if (progress.missing.length > 0) details.push(messages.tally(messages.missing, progress.missing.length));
  if (failed > 0) details.push(messages.tally(messages.failed, failed));
  if (progress.cacheHits > 0) details.push(messages.inMemory(progress.cacheHits));
  return details;
}
