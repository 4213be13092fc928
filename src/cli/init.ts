import { writeFileSync } from 'node:fs';
import { envTemplate } from '../config/env-template.ts';
import { codeOf } from '../text-file.ts';
import { ownCommand } from './own-command.ts';

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
