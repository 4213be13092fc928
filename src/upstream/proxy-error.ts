import type { Dispatcher, Pool } from 'undici';
import { GatewayError } from '../errors.ts';

/** The way to the user API ended at the proxy. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** What the proxy answered in place of opening a tunnel; `undefined` where it was not reached. */
  readonly status: number | undefined;

  constructor(status: number | undefined, cause?: unknown) {
    super(status === undefined ? 'The proxy was not reached.' : `The proxy answered ${status}.`, { cause });
    this.status = status;
  }
}

/** True for calls that failed at the proxy. */
export const isProxyFailure = (error: unknown): boolean =>
  error instanceof GatewayError && error.cause instanceof ProxyError;

/** @param proxy connections to the proxy, which undici asks for tunnels. @returns the same, whose failures are ProxyErrors. */
export function withProxyErrors(proxy: Pool): Pool {
  const open = proxy.connect.bind(proxy);
  const connect = async (options: Dispatcher.ConnectOptions) => {
    const tunnel = await open(options).catch((cause: unknown) => {
      throw new ProxyError(undefined, cause);
    });
    if (tunnel.statusCode === 200) return tunnel;
    tunnel.socket.on('error', () => {}).destroy();
    throw new ProxyError(tunnel.statusCode);
  };
  return Object.assign(proxy, { connect });
}
