import { Session } from 'node:inspector/promises';

const SAMPLE_EVERY_US = 500;

/**
 * What parts of a program are called, by where their code is; the first that matches.
 * @type {readonly (readonly [part: string, where: RegExp])[]}
 */
const PARTS = [
  ['garbage collection', /^\(garbage collector\)$/],
  ['writing to sockets', /^(?:writev|write(?:Buffer|Utf8String|Latin1String)) $/],
  ['Node: HTTP, sockets, streams, timers', /^\S* node:/],
  ['undici', /\/node_modules\/undici\//],
  ['Yoga and its Fetch API', /\/node_modules\/(?:graphql-yoga|@graphql-yoga|@whatwg-node|@envelop|@graphql-tools)\//],
  ['graphql, Pothos, DataLoader', /\/node_modules\/(?:graphql|@pothos|dataloader)\//],
  ['telemetry', /\/node_modules\/(?:prom-client|@opentelemetry)\/|\/dist\/telemetry\//],
  ['fast path, with the JSON of requests and responses', /\/dist\/http\/(fast-path|json-|prepared-)/],
  ['HTTP side', /\/dist\/http\//],
  ['directory and its policies', /\/dist\/(?:directory|policies)\/|\/node_modules\/lru-cache\//],
  ['user API, with its JSON', /\/dist\/upstream\//],
];
/** The folders of the gateway. */
const OWN = /\/dist\/(\w[\w-]*)\//;
const OTHER = 'V8 and Node otherwise';

/**
 * Profiles this process.
 * @param {number} seconds
 * @returns {Promise<Record<string, number>>} the share of each part in the time that the main thread was busy
 */
export async function profileSelf(seconds) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
  await session.post('Profiler.start');
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return shares(profile);
}

/** @param {import('node:inspector').Profiler.Profile} profile */
function shares({ nodes, samples = [], timeDeltas = [] }) {
  const parts = new Map(nodes.map(({ id, callFrame }) => [id, partOf(callFrame)]));
  /** @type {Map<string, number>} */
  const spent = new Map();
  let busy = 0;
  for (const [index, id] of samples.entries()) {
    const part = parts.get(id);
    if (part === undefined) continue;
    const took = timeDeltas[index] ?? 0;
    busy += took;
    spent.set(part, (spent.get(part) ?? 0) + took);
  }
  return Object.fromEntries([...spent].map(([part, took]) => [part, took / busy]));
}

/** @param {{ functionName: string, url: string }} callFrame @returns {string | undefined} undefined while it waits */
function partOf({ functionName, url }) {
  if (functionName === '(idle)') return undefined;
  const place = url === '' && functionName.startsWith('(') ? functionName : `${functionName} ${url}`;
  const part = PARTS.find(([, where]) => where.test(place))?.[0];
  const folder = OWN.exec(place)?.[1];
  return part ?? (folder ? `gateway: ${folder}` : OTHER);
}
