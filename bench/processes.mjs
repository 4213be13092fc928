import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} RunningProcess
 * @property {string} name
 * @property {number} pid
 * @property {string} url the first address it printed, without path
 * @property {() => number} cpuSeconds used so far, all threads
 * @property {() => number} residentMb
 * @property {() => Promise<number>} heldMb the heap after a collection
 * @property {(seconds: number) => Promise<Record<string, number>>} profile the share of each part of it in the time it is busy
 * @property {() => boolean} isRunning
 * @property {() => string} complaints the end of what it wrote to standard error
 * @property {() => Promise<void>} stop
 */

/** @typedef {{ about: 'heap' | 'profile', seconds?: number }} Question about the inside of a process */

/**
 * @typedef {object} StartOptions
 * @property {number} [readyWithinMs] one minute
 * @property {string} [node] another Node to run it on
 * @property {number | undefined} [core] the only one it may run on; by default those of the benchmark itself
 */

const STOP_GRACE_MS = 3_000;
const CLOCK_TICKS_PER_SECOND = 100;
const PRELOADED = ['./stop-with-parent.mjs', './reports.mjs'].flatMap((file) => [
  '--import',
  new URL(file, import.meta.url).href,
]);

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

/**
 * Starts a Node process and waits for the line that names its address. It ends with this one, however this one ends.
 *
 * @param {string} name
 * @param {string[]} args script and arguments
 * @param {Record<string, string>} [environment] in place of the benchmark's own, so that nothing leaks in
 * @param {StartOptions} [options]
 * @returns {Promise<RunningProcess>}
 */
export async function startProcess(name, args, environment = {}, options = {}) {
  const { readyWithinMs = 60_000, node = process.execPath, core } = options;
  const pinned = core === undefined ? [] : ['taskset', '-c', String(core)];
  // taskset becomes the process it starts: pid, signals and messages are those of Node.
  const [command = '', ...rest] = [...pinned, node, ...PRELOADED, ...args];
  const child = spawn(command, rest, {
    // A folder without a .env file.
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    complaints = (complaints + text).slice(-20_000);
  });

  const url = await firstAddress(child, readyWithinMs).catch((error) => {
    child.kill('SIGKILL');
    throw new Error(`${name} did not start: ${error.message}\n${complaints}`, { cause: error });
  });
  const pid = child.pid ?? Number.NaN;
  return {
    name,
    pid,
    url,
    cpuSeconds: () => cpuSeconds(pid),
    residentMb: () => residentMb(pid),
    heldMb: async () => (await ask(child, { about: 'heap' })).heapMb ?? Number.NaN,
    profile: async (seconds) => (await ask(child, { about: 'profile', seconds })).shares ?? {},
    isRunning: () => running.has(child),
    complaints: () => complaints,
    stop: () => stop(child),
  };
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} withinMs
 * @returns {Promise<string>}
 */
function firstAddress(child, withinMs) {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => reject(new Error(`no address within ${withinMs} ms`)), withinMs);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`exit code ${code}`)));
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-10_000);
      const address = /(?:http|redis):\/\/127\.0\.0\.1:\d+(?=\D)/.exec(output)?.[0];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
  });
}

/** @param {import('node:child_process').ChildProcess} child */
async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await exited;
  clearTimeout(timer);
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {Question} question
 * @returns {Promise<{ heapMb?: number, shares?: Record<string, number> }>} nothing where it ends before it has answered
 */
function ask(child, question) {
  return new Promise((resolve) => {
    child.once('message', (answer) => resolve(/** @type {object} */ (answer)));
    child.once('exit', () => resolve({}));
    child.send(question);
  });
}

/** @param {number} pid */
function cpuSeconds(pid) {
  // The command's name, in brackets, may hold spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

/** @param {number} pid */
function residentMb(pid) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
