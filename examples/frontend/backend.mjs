import { createGateway, createServer, startSandbox } from '../../dist/index.js';

/**
 * The gateway in front of a sandbox of its own, on this machine.
 * @param {{
 *   ports?: { gateway: number, sandbox: number },
 *   gateway?: Partial<import('../../dist/index.js').GatewayOptions>,
 * }} [options] `ports` are free ones by default.
 */
export async function startBackend({ ports = { gateway: 0, sandbox: 0 }, gateway: options = {} } = {}) {
  const sandbox = await startSandbox({ port: ports.sandbox });
  const gateway = createGateway({ baseUrl: sandbox.url, ...sandbox.credential, ...options });
  const server = createServer(gateway);
  try {
    await new Promise((resolve, reject) => {
      server.once('error', reject).listen(ports.gateway, '127.0.0.1', () => resolve(undefined));
    });
  } catch (error) {
    await sandbox.close();
    throw error;
  }
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    sandbox,
    /** Without a path. */
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.close().closeAllConnections();
      await gateway.dispose();
      await sandbox.close();
    },
  };
}
