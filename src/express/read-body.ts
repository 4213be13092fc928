import type { IncomingMessage } from 'node:http';

/**
 * Reads a body of a known length.
 * @param onBody called with all of it, unless the client breaks off. It may be put back with `unshift`, as long as nothing else has
 *   run: the end of the body is not told yet then.
 * @param onBroken called where the client breaks off.
 */
export function readBody(
  request: IncomingMessage,
  length: number,
  onBody: (body: Buffer) => void,
  onBroken: () => void,
): void {
  request.on('readable', onReadable);
  request.on('close', onClose);

  function onReadable(): void {
    const body: Buffer | null = request.read(length);
    // Less than promised, at the end of what there is.
    if (body === null || body.length < length) return;
    stop();
    onBody(body);
  }

  function onClose(): void {
    stop();
    onBroken();
  }

  function stop(): void {
    request.off('readable', onReadable);
    request.off('close', onClose);
  }
}
