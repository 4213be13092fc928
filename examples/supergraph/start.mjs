/** The whole supergraph on the sandbox: `npm run example:supergraph -- apollo|hive|stitching`; `--any-ports` takes free ones. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createGateway, createServer, startSandbox } from '../../dist/index.js';
import { findablePeople, sampleComments } from './comments/sample.mjs';
import { startComments } from './comments/service.mjs';
import { FRONT_ENDS, startFrontEnd } from './front-end.mjs';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { 'any-ports': { type: 'boolean' } } });
const frontEnd = FRONT_ENDS.find((name) => name === positionals[0]);
if (!frontEnd) {
  process.stderr.write(`Which front end? npm run example:supergraph -- ${FRONT_ENDS.join('|')}\n`);
  process.exit(2);
}
const ports = values['any-ports']
  ? { frontEnd: 0, users: 0, comments: 0, sandbox: 0 }
  : { frontEnd: 4010, users: 4011, comments: 4012, sandbox: 4013 };

/** @type {(() => unknown)[]} what ends it again, the last first. */
const ends = [];
let isStopping = false;
async function stop() {
  if (isStopping) return;
  isStopping = true;
  for (const end of ends.toReversed()) await end();
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop());

try {
  await start(frontEnd);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
  await stop();
}

/** @param {import('./front-end.mjs').FrontEndName} name */
async function start(name) {
  const sandbox = await startSandbox({ port: ports.sandbox });
  ends.push(() => sandbox.close());

  const gateway = createGateway({ baseUrl: sandbox.url, ...sandbox.credential });
  ends.push(() => gateway.dispose());
  const users = createServer(gateway);
  await new Promise((resolve, reject) => {
    users.once('error', reject).listen(ports.users, '127.0.0.1', () => resolve(undefined));
  });
  ends.push(() => users.close().closeAllConnections());
  const { port } = /** @type {import('node:net').AddressInfo} */ (users.address());
  const usersUrl = `http://127.0.0.1:${port}/graphql`;

  const sample = sampleComments(findablePeople(sandbox.people));
  const comments = await startComments(() => sample, ports.comments);
  ends.push(comments.stop);

  const running = await startFrontEnd(name, { usersUrl, commentsUrl: comments.url, port: ports.frontEnd });
  ends.push(running.stop);
  running.process.once('exit', () => {
    if (isStopping) return;
    process.stderr.write(`The front end has ended:\n${running.complaints()}`);
    process.exitCode = 1;
    void stop();
  });

  const query = readFileSync(new URL('query.graphql', import.meta.url), 'utf8').trim();
  const body = JSON.stringify({ query: query.replace(/\s+/g, ' ') });
  process.stdout.write(`
  ${name.padEnd(9)}  ${running.url}
  people     ${usersUrl}
  comments   ${comments.url}/comments, /reviews, /assignments
  sandbox    ${sandbox.url}/_sandbox/calls: what reached the user API

Paste this query:

${query}

or ask from a shell:

curl -s ${running.url} -H 'content-type: application/json' -d '${body}'

Ctrl-C ends everything.
`);
}
