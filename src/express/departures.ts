/**
 * Lets what is ready leave at the end of the turn of the event loop, all together. What is answered out of memory is answered
 * request by request otherwise, and each write wakes up whoever waits for it on the other side: that takes longer than all else.
 */
export function createDepartures(): (leave: () => void) => void {
  let waiting: (() => void)[] = [];

  return (leave) => {
    if (waiting.push(leave) === 1) setImmediate(letGo);
  };

  function letGo(): void {
    const all = waiting;
    waiting = [];
    for (const leave of all) leave();
  }
}
