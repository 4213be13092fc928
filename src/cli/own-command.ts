import { basename, join, relative } from 'node:path';

/**
 * How this command is run once more from the same folder. In a clone it is on no PATH, and npx would look for its name in the
 * registry where it is not installed.
 * @param script as Node was given it. @param folder where from.
 */
export function ownCommand(script = process.argv[1] ?? '', folder = process.cwd()): string {
  if (basename(script) === 'cli.js') {
    const path = relative(folder, script);
    return `node ${/\s/.test(path) ? JSON.stringify(path) : path}`;
  }
  return script.includes(join('node_modules', '.bin')) ? 'npx lark-user-gateway' : 'lark-user-gateway';
}
