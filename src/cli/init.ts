import { writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { SettingNotes } from '../config/setting.ts';
import { type SettingName, settingNames, settings } from '../config/settings.ts';
import { codeOf } from '../text-file.ts';

const FILE = '.env';

/**
 * Writes a commented `.env` into the current folder, for its owner's eyes only.
 * @throws Error where there is one already: it may hold a secret that is nowhere else.
 */
export function init(): void {
  try {
    writeFileSync(FILE, envTemplate(), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const code = codeOf(error);
    throw new Error(
      code === 'EEXIST'
        ? `There is a ${FILE} in this folder already; it stays as it is. Rename it, or run this in another folder.`
        : `${FILE} cannot be written in this folder (${code}).`,
      { cause: error },
    );
  }
  const command = ownCommand();
  process.stdout.write(`Wrote ${FILE}, which only you can read. Put the credential of your plugin into its first lines, then run

  ${command} check

Until then, ${command} serves made-up people.
`);
}

/** What `.env` starts with, to be filled in. */
const CREDENTIAL = ['LARK_BASE_URL', 'LARK_PLUGIN_ID', 'LARK_PLUGIN_SECRET'] as const satisfies SettingName[];
const LINE_WIDTH = 100;

/**
 * A `.env` with every setting and what it does: the credential first, empty, which counts as not set; all others commented out, at
 * their defaults.
 */
export function envTemplate(): string {
  const others = settingNames.filter((name) => !CREDENTIAL.some((one) => one === name));
  return [
    comment(
      'Settings of lark-user-gateway. The environment and flags win over this file. Keep it out of version control. Put a value that holds a "#" in quotes.',
    ),
    comment('The credential of your plugin. As long as it is empty, the embedded sandbox serves made-up people.'),
    ...CREDENTIAL.map((name) => `${commentOn(name)}\n${name}=`),
    comment('Everything else works as it is. Remove the "#" in front of what you change.'),
    ...others.map((name) => `${commentOn(name)}\n# ${name}=${settings[name].notes.default ?? ''}`),
  ]
    .map((part) => `${part}\n`)
    .join('\n');
}

function commentOn(name: SettingName): string {
  const { about, isSecret }: SettingNotes = settings[name].notes;
  return comment(isSecret ? `${about} Or ${name}_FILE names a file that holds it.` : about);
}

/** Broken between words, so that an editor need not; and never so that a line looks like a setting to be uncommented. */
function comment(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length > LINE_WIDTH && !/^[A-Z_]+=/.test(word)) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => `# ${line}`).join('\n');
}

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
