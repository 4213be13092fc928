import { readFileSync } from 'node:fs';

/** Bytes that are not text in UTF-8. */
export class NotUtf8Error extends Error {
  override readonly name = 'NotUtf8Error';
  /** What they look like: `UTF-16`, say. */
  readonly found: string;

  constructor(found: string) {
    super(`Expected text in UTF-8, got ${found}.`);
    this.found = found;
  }
}

/**
 * Reads a text file in UTF-8, with or without a byte order mark. Every file that people write is read with this.
 * @throws NotUtf8Error for any other encoding; the error of `node:fs` where the file cannot be read.
 */
export function readTextFile(path: string): string {
  return decodeText(readFileSync(path));
}

/** @throws NotUtf8Error where the bytes are not UTF-8. */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) throw new NotUtf8Error('UTF-16');
  // NUL is valid UTF-8, but in text it is half of an ASCII character in UTF-16.
  if (bytes.includes(0)) throw new NotUtf8Error('NUL bytes, as in UTF-16');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new NotUtf8Error('other bytes');
  }
}

/** Why a file could not be read, to follow "which"; nothing of what is in it. */
export function whyUnreadable(error: unknown): string {
  return error instanceof NotUtf8Error
    ? `is not text in UTF-8 (got ${error.found}): save it as UTF-8`
    : `cannot be read (${codeOf(error)})`;
}

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'no reason given';
