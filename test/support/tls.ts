import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const fixture = (name: string) => join(import.meta.dirname, '..', 'fixtures', name);

/** Certificates that no public authority has signed, all of one key. All but the last are for localhost and 127.0.0.1. */
export const CERTIFICATES = {
  valid: fixture('localhost-cert.pem'),
  expired: fixture('expired-cert.pem'),
  notYetValid: fixture('future-cert.pem'),
  ofAnotherName: fixture('elsewhere-cert.pem'),
} as const;

/** Listens until the test ends, on a free port. */
export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** What is at this address, behind TLS. */
export async function overTls(target: string, certificate: string = CERTIFICATES.valid): Promise<string> {
  const options = { cert: readFileSync(certificate), key: readFileSync(fixture('localhost-key.pem')) };
  const tls = createServer(options, (incoming, outgoing) => {
    const onward = request(target + incoming.url, { method: incoming.method, headers: incoming.headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  return `https://127.0.0.1:${await listening(tls)}`;
}
