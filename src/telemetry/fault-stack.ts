/** Of a chain of causes. */
const MOST_CAUSES = 5;

const HEAD = /^(caused by )?[A-Za-z_$][\w$]{0,63}( [A-Z][A-Z\d_]{2,49})?$/;
const FRAME =
  /^ {4}at (?:(?:async |new )*[\w$.<>[\]# ]+ (?:\[as [\w$.]+\] )?\()?(?:file:\/\/\/|node:|\/|[A-Za-z]:\\)[^()?\n]*:\d+:\d+\)?$/;

/**
 * Where something failed, without a word of what it says about it: the class of the error, its code where it has one like
 * ECONNRESET, and the lines of code it came through; the same of its causes. Messages are left out, those of JavaScript itself
 * too: "Cannot read properties of undefined (reading '…')" and "Unexpected token" quote what the code was working on.
 */
export function faultStack(error: unknown): string {
  const lines: string[] = [];
  let link: unknown = error;
  for (let depth = 0; depth < MOST_CAUSES && (depth === 0 || link !== undefined); depth++) {
    lines.push(`${depth === 0 ? '' : 'caused by '}${nameOf(link)}${codeOf(link)}`, ...framesOf(link));
    link = link instanceof Error ? link.cause : undefined;
  }
  return lines.join('\n');
}

/** True for texts as `faultStack` makes them. */
export const isFaultStack = (value: unknown): value is string =>
  typeof value === 'string' && value.split('\n').every((line) => HEAD.test(line) || FRAME.test(line));

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  // Not `error.name`, which anybody may set to anything.
  const { name } = error.constructor;
  return HEAD.test(name) ? name : 'Error';
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && HEAD.test(`Error ${code}`) ? ` ${code}` : '';
}

/** A message can hold lines that look like frames: only what stands behind the whole of it is one. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return [];
  const { stack, message } = error;
  const end = message === '' ? stack.indexOf('\n') : stack.indexOf(`: ${message}\n`);
  // The message was changed later: nobody can tell where it ends in the stack.
  if (end < 0 || !/^[\w$ [\]]+$/.test(stack.slice(0, end))) return [];
  const start = message === '' ? end : end + 2 + message.length;
  return stack
    .slice(start)
    .split('\n')
    .filter((line) => FRAME.test(line));
}
