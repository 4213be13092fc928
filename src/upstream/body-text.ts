import { isAscii, isUtf8, transcode } from 'node:buffer';

/**
 * The text of a body, without a mark at its beginning that says UTF-8. What is malformed is replaced by U+FFFD, as everywhere.
 * A name in Chinese must not cost more than all else: Node 20 takes ten times as long for a text that holds one as for one that
 * holds none, and a fraction of that on the way through UTF-16.
 */
export function bodyText(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString('latin1');
  const text = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  return isUtf8(text) ? transcode(text, 'utf8', 'utf16le').toString('utf16le') : text.toString('utf8');
}
