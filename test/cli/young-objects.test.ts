import { expect, it } from 'vitest';
import { ANY_PORTS, runCli } from '../support/run-cli.ts';

/** Tells of V8's flags as they are set. */
const SPY = `data:text/javascript,${encodeURIComponent(`
  import { syncBuiltinESMExports } from 'node:module';
  import v8 from 'node:v8';
  const { setFlagsFromString } = v8;
  v8.setFlagsFromString = (flags) => {
    process.stdout.write('V8 flag ' + flags + '\\n');
    setFlagsFromString(flags);
  };
  syncBuiltinESMExports();`)}`;

it('serve has V8 make what is for a request where it is young, before it can have learned otherwise', async () => {
  const cli = runCli([], { ...ANY_PORTS, NODE_OPTIONS: `--import ${SPY}` });
  const written = await cli.until('curl');
  expect(written.indexOf('V8 flag --no-allocation-site-pretenuring')).toBeGreaterThanOrEqual(0);
  expect(written.indexOf('V8 flag')).toBeLessThan(written.indexOf('GraphQL '));
});
