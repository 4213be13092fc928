import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const FRONT_ENDS = /** @type {const} */ (['apollo', 'hive', 'stitching']);
/** @typedef {(typeof FRONT_ENDS)[number]} FrontEndName */

/**
 * Starts one of the front ends as a process of its own, which ends with this one.
 * @param {FrontEndName} name
 * @param {{ usersUrl: string, commentsUrl: string, usersAuthorization?: string, port?: number }} options
 */
export async function startFrontEnd(name, { usersUrl, commentsUrl, usersAuthorization = '', port = 0 }) {
  const child = fork(fileURLToPath(new URL(`./front-ends/${name}.mjs`, import.meta.url)), {
    env: {
      ...process.env,
      NODE_ENV: 'production',
      PORT: String(port),
      USERS_URL: usersUrl,
      COMMENTS_URL: commentsUrl,
      USERS_AUTHORIZATION: usersAuthorization,
    },
    silent: true,
  });
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    complaints += text;
  });
  const ended = once(child, 'exit');
  const address = (async () => {
    let output = '';
    for await (const text of child.stdout?.setEncoding('utf8') ?? []) {
      output += text;
      const found = /^http\S+\/graphql$/m.exec(output);
      if (found) return found[0];
    }
    await ended;
    throw new Error(`The front end "${name}" did not start:\n${complaints}`);
  })();
  return {
    url: await address,
    /** What it wrote to standard error. */
    complaints: () => complaints,
    process: child,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
