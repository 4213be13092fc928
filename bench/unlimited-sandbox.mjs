/** Run as a process of its own: `node unlimited-sandbox.mjs <dist/index.js> <people>`. */
import { pathToFileURL } from 'node:url';

const [index = '', people = ''] = process.argv.slice(2);
const { startSandbox } = await import(pathToFileURL(index).href);
const { url } = await startSandbox({ callsPerSecond: Number.POSITIVE_INFINITY, people: Number(people) });
process.stdout.write(`Sandbox without limits: ${url}\n`);
