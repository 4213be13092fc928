/** Of a chain of causes. */
const MAX_CAUSES = 5;

const HEAD = /^(caused by )?[A-Za-z_$][\w$]{0,63}( [A-Z][A-Z\d_]{2,49})?$/;
const FRAME =
  /^ {4}at (?:(?:async |new )*[\w$.<>[\]# ]+ (?:\[as [\w$.]+\] )?\()?(?:file:\/\/\/|node:|\/|[A-Za-z]:\\)[^()?\n]*:\d+:\d+\)?$/;

/**
 * The stack of an error without its message: its class, its code if it has one like ECONNRESET, and its frames; the same for its
 * causes. Messages are left out, also those of JavaScript itself: "Cannot read properties of undefined (reading '…')" and
 * "Unexpected token" quote the data.
 */
export function faultStack(error: unknown): string {
  const lines: string[] = [];
  let link: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && (depth === 0 || link !== undefined); depth++) {
    lines.push(`${depth === 0 ? '' : 'caused by '}${classOf(link)}${systemCode(link)}`, ...framesOf(link));
    link = link instanceof Error ? link.cause : undefined;
  }
  return lines.join('\n');
}

/** True for texts in the format of `faultStack`. */
export const isFaultStack = (value: unknown): value is string =>
  typeof value === 'string' && value.split('\n').every((line) => HEAD.test(line) || FRAME.test(line));

function classOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  // Not `error.name`, which can be set to any text.
  const { name } = error.constructor;
  return HEAD.test(name) ? name : 'Error';
}

function systemCode(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && HEAD.test(`Error ${code}`) ? ` ${code}` : '';
}

/** A message can contain lines that look like frames: frames are only read after the end of the message. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return [];
  const { stack, message } = error;
  const end = message === '' ? stack.indexOf('\n') : stack.indexOf(`: ${message}\n`);
  // The message was changed later, so where it ends in the stack is unknown.
  if (end < 0 || !/^[\w$ [\]]+$/.test(stack.slice(0, end))) return [];
  const start = message === '' ? end : end + 2 + message.length;
  return stack
    .slice(start)
    .split('\n')
    .filter((line) => FRAME.test(line));
}
