import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';

export const CLI = join(import.meta.dirname, '..', '..', 'dist', 'cli.js');

export interface RunningCli {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** Everything written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when this text has been written to standard output; rejects if the process ends before. */
  until(text: string): Promise<string>;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

/** Runs the built command, as people do, in an empty folder without any settings of this machine. Ends with the test. */
export function runCli(args: string[], environment: Record<string, string> = {}, cwd = emptyFolder()): RunningCli {
  return running(process.execPath, [CLI, ...args], { environment, cwd });
}

/** The same with its standard error written to this file. */
export function runCliLoggingTo(file: string, environment: Record<string, string> = {}): RunningCli {
  const script = 'exec "$0" "$1" 2>"$2"';
  return running('/bin/sh', ['-c', script, process.execPath, CLI, file], { environment, cwd: emptyFolder() });
}

/** The same with this file as its standard input. */
export function runCliReading(file: string, args: string[], environment: Record<string, string> = {}): RunningCli {
  const script = 'exec "$0" "$@" <"$INPUT"';
  return running('/bin/sh', ['-c', script, process.execPath, CLI, ...args], {
    environment: { ...environment, INPUT: file },
    cwd: emptyFolder(),
  });
}

/** npm with what it starts, all of which end with the test. */
export function runNpm(args: string[], environment: Record<string, string>, cwd: string): RunningCli {
  const offline = {
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
    npm_config_cache: join(cwd, '.npm'),
  };
  const npm = running('npm', args, { environment: { ...offline, ...environment }, cwd, isGroup: true });
  onTestFinished(() => {
    try {
      process.kill(-(npm.process.pid ?? 0), 'SIGKILL');
    } catch {
      // All of them have ended.
    }
  });
  return npm;
}

interface Around {
  readonly environment: Record<string, string>;
  readonly cwd: string;
  /** Has a process group of its own. @default false */
  readonly isGroup?: boolean;
}

function running(command: string, args: string[], { environment, cwd, isGroup = false }: Around): RunningCli {
  const child = spawn(command, args, {
    cwd,
    detached: isGroup,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    until: async (text) => {
      while (!stdout.includes(text)) {
        if (child.exitCode !== null)
          throw new Error(`The command ended before it wrote "${text}":\n${stdout}${stderr}`);
        await Promise.race([once(child.stdout, 'data'), ended]);
      }
      return stdout;
    },
  };
}

/** It goes with the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Both ports free, both printed. */
export const ANY_PORTS = { PORT: '0', SANDBOX_PORT: '0' };
