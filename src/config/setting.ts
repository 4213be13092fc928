import { z } from 'zod';
import { isLoopbackAddress } from '../http/callers/caller.ts';

/** What `--help` and the docs show of a setting. */
export interface SettingNotes {
  /** One sentence, with units. */
  readonly about: string;
  /** As it would be set; left out where there is none. */
  readonly default?: string;
  /** The form of a value, for `--help`. */
  readonly value: string;
  /** Secrets are taken from the environment or a file (`…_FILE`), never from the command line. */
  readonly isSecret?: boolean;
  readonly isSwitch?: boolean;
}

/** The value that was set; not repeated where it has an @, since a password may stand before that. */
export const got = (input: unknown) =>
  typeof input === 'string' && input.includes('@')
    ? 'got a text with an @, not repeated'
    : `got ${JSON.stringify(input)}`;

/** Expected and got; the value itself is repeated only where it is no secret. */
export const expected = (what: string) => ({
  error: ({ input }: { input?: unknown }) => `expected ${what}, ${got(input)}`,
});

export const wholeNumber = (from: number, to: number) =>
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= from && Number(text) <= to, {
      ...expected(`a whole number from ${from} to ${to}`),
    })
    .transform(Number);

const SWITCH_WORDS: Record<string, boolean> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
};
export const onOff = z
  .string()
  .refine((text) => Object.hasOwn(SWITCH_WORDS, text.toLowerCase()), expected('true or false'))
  .transform((text) => SWITCH_WORDS[text.toLowerCase()] === true);

export const httpUrl = z
  .string()
  .refine(isHttpUrl, { ...expected('an address such as https://project.feishu.cn'), abort: true })
  .refine(
    (text) => {
      const { search, hash, username, password } = new URL(text);
      return search + hash + username + password === '';
    },
    // Not repeated: it may hold a password.
    { error: 'expected an address without query, fragment or credentials' },
  );

/** Stricter than `URL`, which takes "https:host" and "https://https://host", and drops line breaks. */
function isHttpUrl(text: string): boolean {
  return /^https?:\/\/(?!https?:?\/)[^\s/]\S*$/i.test(text) && URL.canParse(text);
}

/** A list with commas. @param what its entries are, for people. */
export const list = (what: string) =>
  z
    .string()
    .refine((text) => /[^\s,]/.test(text), { error: `expected ${what}, separated by commas, got an empty list` });

/** A setting: how its text is read, and what people read about it. */
export function setting<Schema extends z.ZodType>(schema: Schema, notes: SettingNotes) {
  return { schema, notes };
}

/** https; or http where it does not leave this machine. */
export function isSafeHttpUrl(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || isLoopbackAddress(hostname.replace(/^\[|\]$/g, ''));
}
