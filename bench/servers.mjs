import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { startProcess } from './processes.mjs';

/** @typedef {import('./processes.mjs').StartOptions} StartOptions */

/** The pair which the sandbox takes; it prints it when it starts. */
export const CREDENTIAL = { pluginId: 'MII_SANDBOX', pluginSecret: 'sandbox-secret' };

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export const DEFAULT_DIST = here('../dist');

/**
 * The sandbox with the vendor's own limit of 15 calls a second.
 * @param {string} dist
 * @param {{ people: number, latencyMs: number }} options
 */
export function startLimitedSandbox(dist, { people, latencyMs }) {
  const flags = ['--port', '0', '--people', String(people), '--latency-ms', String(latencyMs)];
  return startProcess('sandbox', [resolve(dist, 'cli.js'), 'sandbox', ...flags]);
}

/**
 * The sandbox without latency or limit, which the command line does not offer.
 * @param {string} dist
 * @param {{ people: number }} options
 */
export function startUnlimitedSandbox(dist, { people }) {
  return startProcess('sandbox', [here('unlimited-sandbox.mjs'), resolve(dist, 'index.js'), String(people)]);
}

/** A Redis that knows nothing, and keeps nothing. */
export function startRedis() {
  return startProcess('redis', [here('redis-process.mjs')]);
}

/**
 * @param {string} dist
 * @param {string} sandboxUrl
 * @param {Record<string, string>} [settings]
 * @param {StartOptions} [options]
 */
export async function startGateway(dist, sandboxUrl, settings, options) {
  const gateway = await startUnreadyGateway(dist, sandboxUrl, settings, options);
  for (let tries = 0; tries < 100; tries += 1) {
    const { statusCode, body } = await request(`${gateway.url}/readiness`);
    await body.dump();
    if (statusCode === 200) return gateway;
    await delay(50);
  }
  throw new Error('The gateway did not become ready within 5 s.');
}

/**
 * A gateway that listens, and may not have a token yet.
 * @param {string} dist
 * @param {string} sandboxUrl
 * @param {Record<string, string>} [settings]
 * @param {StartOptions} [options]
 */
export function startUnreadyGateway(dist, sandboxUrl, settings, options) {
  const environment = {
    ...upstreamSettings(sandboxUrl),
    // The plain server writes no line for each request, either; and what it complains of should not drown.
    LOG_LEVEL: 'warn',
    ...settings,
  };
  return startProcess('gateway', [resolve(dist, 'cli.js'), 'serve'], environment, options);
}

/**
 * @param {string} sandboxUrl
 * @param {StartOptions} [options]
 */
export function startPlainStack(sandboxUrl, options) {
  return startProcess('plain', [here('plain/server.mjs')], upstreamSettings(sandboxUrl), options);
}

/** @param {string} sandboxUrl */
export const upstreamSettings = (sandboxUrl) => ({
  PORT: '0',
  LARK_BASE_URL: sandboxUrl,
  LARK_PLUGIN_ID: CREDENTIAL.pluginId,
  LARK_PLUGIN_SECRET: CREDENTIAL.pluginSecret,
});
