/**
 * Lets what is ready leave at the end of the turn of the event loop, all together. What is answered out of memory is answered
 * request by request otherwise, and each write wakes up whoever waits for it on the other side: that takes longer than all else.
 */
export function createDepartures(): (ready: Departure) => void {
  let waiting: Departure[] = [];

  return (ready) => {
    if (waiting.push(ready) === 1) setImmediate(letGo);
  };

  function letGo(): void {
    const all = waiting;
    waiting = [];
    for (const ready of all) ready.leave();
  }
}

/** What is ready to leave. */
export interface Departure {
  /** Must not throw. */
  leave(): void;
}
