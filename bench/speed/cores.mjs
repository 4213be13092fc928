import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

const SERVER_CORE = 0;
const OWN_CORE = 1;

/**
 * Puts this process, and so the upstream it starts, on the second core, and leaves the first to whoever is measured.
 *
 * @returns {number | undefined} the core of the servers; undefined where there is no second one, or no `taskset`
 */
export function shareCores() {
  if (availableParallelism() < 2) return undefined;
  const { status } = spawnSync('taskset', ['-a', '-c', '-p', String(OWN_CORE), String(process.pid)]);
  return status === 0 ? SERVER_CORE : undefined;
}
