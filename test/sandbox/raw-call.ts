import { connect } from 'node:net';

/** What a client sees of a connection that need not carry HTTP. */
export interface RawAnswer {
  readonly text: string;
  /** How the connection ended: FIN, or the code of its error. */
  readonly end: string;
}

/**
 * Asks over a socket of its own.
 *
 * @param isEnough hangs up as soon as what came so far is enough; `end` is then 'enough'.
 */
export function rawCall(
  url: string,
  token: string,
  body: unknown,
  isEnough: (text: string) => boolean = () => false,
): Promise<RawAnswer> {
  const json = JSON.stringify(body);
  const head = [
    'POST /open_api/user/query HTTP/1.1',
    'host: sandbox',
    'connection: close',
    `x-plugin-token: ${token}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(json)}`,
  ];
  return new Promise((resolve) => {
    let text = '';
    // Decodes characters whose bytes come one at a time.
    const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8');
    const finish = (end: string) => {
      socket.destroy();
      resolve({ text, end });
    };
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (isEnough(text)) finish('enough');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    socket.on('end', () => finish('FIN'));
    socket.write(`${head.join('\r\n')}\r\n\r\n${json}`);
  });
}

/** The body of a text that begins with HTTP headers. */
export function bodyOf(text: string): string {
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}
