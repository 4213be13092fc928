/** Where a front end listens: `PORT`, or any free one. */
export const PORT = Number(process.env.PORT ?? 0);

/**
 * @param {import('node:http').Server} server
 * @param {() => Promise<void>} [dispose]
 */
export async function listen(server, dispose) {
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(PORT, '127.0.0.1', () => resolve(undefined));
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  announce(`http://127.0.0.1:${port}/`, async () => {
    server.close();
    server.closeAllConnections();
    await dispose?.();
  });
}

/**
 * Prints the address, for people and for the process that started this one, and ends when asked to, or when that process is gone.
 * @param {string} url with a slash at its end
 * @param {() => Promise<void>} stop
 */
export function announce(url, stop) {
  const end = () => void stop().finally(() => process.exit());
  for (const signal of ['SIGINT', 'SIGTERM', 'disconnect']) process.once(signal, end);
  process.stdout.write(`${url}graphql\n`);
}
