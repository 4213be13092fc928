import type { SettingNotes } from './setting.ts';
import { type SettingName, settingNames, settings } from './settings.ts';

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
