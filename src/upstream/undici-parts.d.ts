/**
 * The parts of undici that are used. Its index loads ten times as many modules, among them a whole `fetch` and its mocks, which
 * takes 40 ms of every start. The version is pinned, and a test tells where such a part has moved.
 */
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici';
  export default Agent;
}

declare module 'undici/lib/core/errors.js' {
  import { errors } from 'undici';
  export default errors;
}
