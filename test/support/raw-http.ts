import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** As it came: in chunks, where it was sent in chunks. */
  readonly body: string;
}

/** Sends bytes as they are. @returns all that comes back until the server closes the connection. */
export function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A server that stops reading resets the connection; what it had sent counts.
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

/** A request whose `Connection` header asks for the end of the connection. @param lines headers, each `name: value`. */
export function rawRequest(line: string, lines: readonly string[], body = ''): string {
  const length = body && `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  const headers = lines.map((one) => `${one}\r\n`).join('');
  return `${line} HTTP/1.1\r\n${headers}${length}Connection: close\r\n\r\n${body}`;
}

/** The first answer of what {@link sendRaw} got. */
export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = lines.map((one) => {
    const colon = one.indexOf(':');
    return [one.slice(0, colon).toLowerCase(), one.slice(colon + 1).trim()];
  });
  return {
    status: Number(line.split(' ', 2)[1]),
    headers: Object.fromEntries(headers),
    body: text.slice(end + 4),
  };
}
