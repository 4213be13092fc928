/** Preloaded into measured processes: answers the message `heap` with what is held after a collection, in MB. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

process.on('message', (message) => {
  if (message !== 'heap') return;
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, external } = process.memoryUsage();
  process.send?.({ heapMb: (heapUsed + external) / 1024 / 1024 });
});
// Nobody is kept waiting for it.
process.channel?.unref();
