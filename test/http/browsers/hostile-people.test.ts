import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { GatewayOptions } from '../../../src/gateway-options.ts';
import type { SandboxPerson } from '../../../src/sandbox/sandbox.ts';
import { launchChromium } from '../../support/chromium.ts';
import { gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';
import { openTab, run, tabTitles } from '../../support/graphiql-page.ts';
import { ANY_PORTS, emptyFolder, runCli } from '../../support/run-cli.ts';
import { pageOf, type WatchedPage, watchedPage } from '../../support/watched-page.ts';

const RUN = 'globalThis.hostile=1';

/** Ways out of a script, a comment, a string of JavaScript, JSON, GraphQL or HTML, and patterns of String.replace. */
const WAYS_OUT = [
  `1</script><script>${RUN}</script>`,
  `2</ScRiPt/x><img/src=x/onerror=${RUN}>`,
  '3<!--<script>',
  `4--><svg/onload=${RUN}>`,
  `5";${RUN};//`,
  `6\\";${RUN};//`,
  `7\${${RUN}}\`;${RUN};\``,
  "8$&$`$'$$$1",
  '9"""#"""',
  `10'-${RUN}-'`,
  `11</textarea></title></style><iframe/srcdoc="<script>parent.${RUN}</script>">`,
  `12]]>&lt;script&gt;${RUN}&lt;/script&gt;`,
  '13\\u0022\\',
  '14){__typename}}#',
  `15</head><body/onload=${RUN}>`,
];

const PEOPLE: readonly SandboxPerson[] = WAYS_OUT.map((text) => ({
  user_key: text,
  username: text,
  email: `${text.replaceAll('@', '')}@example.com`,
  out_id: `on_${text}`,
  name_cn: `${text}\u2028\u2029\n</script><script>${RUN}</script>`,
  name_en: text,
  avatar_url: `javascript:${RUN}`,
  status: 'activated',
}));

const COLUMNS = Object.keys(PEOPLE[0] ?? {}) as (keyof SandboxPerson)[];
const cell = (value: unknown) => `"${String(value).replaceAll('"', '""')}"`;
const FILES = {
  'people.json': JSON.stringify(PEOPLE),
  'people.csv': [COLUMNS, ...PEOPLE.map((person) => COLUMNS.map((name) => cell(person[name])))].join('\n'),
};

const TABS = ['OnePerson', 'PeopleByEmail', 'PeopleByOutId', 'FiftyAliases'];

/** Opens `/` and GraphiQL, where nothing runs, throws or is blocked. */
async function visit({ page, url, elsewhere, faults }: WatchedPage): Promise<void> {
  const hostile: unknown[] = [];
  const note = async () => hostile.push(await page.evaluate('globalThis.hostile'));
  await page.goto(url);
  await note();
  await page.goto(`${url}/graphql`);
  await note();
  expect({ hostile, elsewhere, faults }).toEqual(NOTHING);
  await expect.poll(() => tabTitles(page)).toEqual(TABS);
}

const NOTHING = { hostile: [undefined, undefined], elsewhere: [], faults: [] };

describe('keys, names and addresses that hold scripts', () => {
  it.for(Object.entries(FILES))(
    'of %s as SANDBOX_PEOPLE run nothing in GraphiQL and at /, and the example queries find their users',
    async ([name, content], context) => {
      const browser = await launchChromium(context);
      const path = join(emptyFolder(), name);
      writeFileSync(path, content);
      const cli = runCli([], { ...ANY_PORTS, SANDBOX_PEOPLE: path });
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await cli.until('curl'))?.[0] ?? '';
      const watched = await pageOf(browser, url);
      const { page, faults } = watched;

      await visit(watched);
      const found: unknown[] = [];
      for (const tab of TABS) {
        await openTab(page, tab);
        const { data, errors } = await run(page);
        found.push([
          tab,
          errors,
          Object.values(data)
            .flat()
            .filter((user) => user === null).length,
        ]);
      }
      // The second address of its list is made up.
      expect(found).toEqual(TABS.map((tab) => [tab, undefined, tab === 'PeopleByEmail' ? 1 : 0]));
      expect(await page.evaluate('globalThis.hostile')).toBeUndefined();
      expect(faults).toEqual([]);
    },
  );

  it('of the option graphiql run nothing, either, and add nothing to what may run', async (context) => {
    const browser = await launchChromium(context);
    const text = `${WAYS_OUT.join('\n')}\u2028\u2029\u0000\u001b[31m\ud800\u202e`;
    const policyWith = async (graphiql: GatewayOptions['graphiql']) => {
      const { gateway } = await gatewayWithSandbox({ gateway: { graphiql } });
      const { headers } = await gateway.fetch(
        new Request('http://localhost/graphql', { headers: { accept: 'text/html' } }),
      );
      return { gateway, policy: headers.get('content-security-policy') };
    };
    const { gateway, policy } = await policyWith({ key: text, email: text, outId: text, keys: WAYS_OUT });
    expect(policy).toBe((await policyWith({ key: '1', email: 'a@example.com', outId: 'on_1' })).policy);

    const watched = await watchedPage(browser, gateway);
    await visit(watched);
    const { page } = watched;
    await openTab(page, 'OnePerson');
    // The query is valid, and the key is none.
    expect(await run(page)).toMatchObject({ errors: [{ path: ['user'], extensions: { code: 'BAD_USER_INPUT' } }] });
    await openTab(page, 'PeopleByOutId');
    expect(await run(page)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    await openTab(page, 'FiftyAliases');
    expect((await run(page)).errors).toBeUndefined();
    expect(await page.evaluate('globalThis.hostile')).toBeUndefined();
    expect(watched.faults).toEqual([]);
  });
});

describe('a line of the shell that the command prints', () => {
  it.each([
    [[], '"user":{"name":"张三"'],
    [['sandbox', '--port', '0', '--people'], '"token":"u-'],
  ])('is one command, whatever the key of its user holds: %j', async (args, answer) => {
    const path = join(emptyFolder(), 'people.json');
    const key = `1'$(touch\${IFS}hostile)\`>hostile\`"\\$HOME;>hostile;'`;
    writeFileSync(path, JSON.stringify([{ user_key: key, name_cn: '张三', status: 'activated' }]));
    const ofServe = { ...ANY_PORTS, SANDBOX_PEOPLE: path };
    const cli = args.length > 0 ? runCli([...args, path]) : runCli([], ofServe);
    const line = /^ +(curl .*)$/m.exec(await cli.until('curl'))?.[1] ?? '';
    const folder = emptyFolder();
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', line], { cwd: folder });
    expect(stdout).toContain(answer);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('holds no control characters of a terminal', async () => {
    const path = join(emptyFolder(), 'people.json');
    writeFileSync(path, JSON.stringify([{ user_key: '1\u001b]0;hostile\u0007\u009b31m\u202e2' }]));
    for (const cli of [
      runCli([], { ...ANY_PORTS, SANDBOX_PEOPLE: path }),
      runCli(['sandbox', '--port', '0', '--people', path]),
    ]) {
      expect(await cli.until('curl')).not.toMatch(/(?!\n)\p{C}/u);
    }
  });
});
