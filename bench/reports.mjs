/** Preloaded into measured processes: answers what a benchmark asks about their inside. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

process.on('message', (/** @type {import('./processes.mjs').Question} */ question) => void answer(question));
// Nobody is kept waiting for it.
process.channel?.unref();

/** @param {import('./processes.mjs').Question} question */
async function answer({ about, seconds }) {
  if (about === 'heap') process.send?.({ heapMb: heldMb() });
  if (about === 'profile') {
    const { profileSelf } = await import('./profile-self.mjs');
    process.send?.({ shares: await profileSelf(seconds ?? 1) });
  }
}

/** What is held after a collection, in MB. */
function heldMb() {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 / 1024;
}
