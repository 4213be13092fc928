#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { closestMatch } from 'leven';
import type { ForgetFlags } from './cli/forget.ts';
import type { SandboxFlags } from './cli/sandbox.ts';
import type { SchemaFormat } from './cli/schema.ts';
import { ConfigError, flagOf, type SettingName, settingNames, settings } from './config/settings.ts';
import type { Sources } from './config/sources.ts';

/** Exit codes. */
const EXIT = { failed: 1, badConfiguration: 2 } as const;

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
  description: string;
};

const SOURCES_NOTE = `
Each flag is also an environment variable: --lark-base-url is LARK_BASE_URL. Flags win over the environment, the
environment over .env. HTTPS_PROXY, HTTP_PROXY, NO_PROXY and NODE_EXTRA_CA_CERTS are respected towards the user API.`;

/** What a command runs is loaded when it is run: `serve` starts without the sandbox, and the sandbox without the gateway. */
const program = new Command('lark-user-gateway')
  .description(manifest.description)
  .version(manifest.version)
  .showHelpAfterError('(--help lists every command and flag)')
  .configureHelp({ helpWidth: 110 });

const serveCommand = withSettings(program.command('serve', { isDefault: true }), settingNames)
  .description(
    'Serve GraphQL. Without credentials: in front of the embedded sandbox, with made-up people. (the default command)',
  )
  // What is no command goes to the default one.
  .allowExcessArguments()
  .action(async (flags: Flags, { args: [stray] }: Command) => {
    if (stray !== undefined) refuseCommand(stray);
    const { serve } = await import('./cli/serve.ts');
    await serve(sourcesOf(flags), manifest.version);
  });

program
  .command('init')
  .description('Write a commented .env with every setting into this folder, unless there is one.')
  .action(async () => {
    const { init } = await import('./cli/init.ts');
    init();
  });

const sandboxCommand = program
  .command('sandbox')
  .description('Serve only the sandbox of the user API.')
  .option('--port <number>', 'port; 0 takes any free one', '4100')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--people <number|file>', 'how many made-up people, or a JSON or CSV file of your own', '1000')
  .option('--latency-ms <ms>', 'wait before each answer', '0')
  .addOption(
    new Option('--fault <fault>', 'a fault, like latency:ms=2000,share=0.2; may be given several times')
      .argParser(addTo)
      .default([], 'none'),
  )
  .action(async (flags: SandboxFlags) => {
    const { sandbox } = await import('./cli/sandbox.ts');
    await sandbox(flags);
  });
// Its help lists all faults, which only the sandbox knows.
if (process.argv.includes('sandbox')) {
  const { faultHelp } = await import('./cli/sandbox.ts');
  sandboxCommand.addHelpText('after', `\n${faultHelp()}`);
}

withSettings(
  program.command('check'),
  settingNames.filter((name) => name.startsWith('LARK_')),
)
  .description('Get a token, make one call, and report what is wrong and how to fix it.')
  .option('--key <key>', 'look up this user; without it, one who need not exist')
  .action(async (flags: Flags) => {
    const { check } = await import('./cli/check.ts');
    await check(sourcesOf(flags), flags.key === true ? undefined : flags.key);
  });

program
  .command('api-key')
  .description('Make a key for one caller, and its entry for API_KEYS.')
  .argument('<name>', 'name of the caller; appears in logs')
  .action(async (name: string) => {
    const { apiKey } = await import('./cli/api-key.ts');
    apiKey(name);
  });

program
  .command('forget')
  .description('Have a running gateway forget one user, under all their identifiers, in all its processes.')
  .option('--url <url>', 'where the gateway is', 'http://127.0.0.1:4000')
  .option('--key <key>', 'user key')
  .option('--email <address>', 'e-mail address')
  .option('--out-id <id>', 'out id')
  .option('--tenant-key <key>', 'with --email: only the user of this tenant')
  .option('--credential-file <path>', 'file with an API key or token that has the scope cache:forget')
  .addHelpText(
    'after',
    `
Every program on this machine can read a command line: "--key -", and the same of --email and --out-id, reads from standard
input instead. The credential comes from the environment, GATEWAY_CREDENTIAL, or from a file; without AUTH none is needed.
It makes no call to the user API: the next lookup of the user does.`,
  )
  .action(async (flags: ForgetFlags) => {
    const { forget } = await import('./cli/forget.ts');
    await forget(flags);
  });

program
  .command('schema')
  .description('Print the GraphQL schema.')
  .addOption(
    new Option('--format <format>', 'for clients, for Apollo Federation 2, or for schema stitching')
      .choices(['api', 'federation', 'stitching'] satisfies SchemaFormat[])
      .default('api'),
  )
  .action(async (flags: { format: SchemaFormat }) => {
    const { printSchemaAs } = await import('./cli/schema.ts');
    printSchemaAs(flags);
  });

program
  .command('worker', { hidden: true })
  .description('Run one of the processes of WORKERS.')
  .action(async () => {
    const { worker } = await import('./cli/worker.ts');
    await worker();
  });

// `serve` is what runs without a command, so its flags belong on the first page too.
program.addHelpText('after', () => `\nThe default command, serve:\n\n${serveCommand.helpInformation()}${SOURCES_NOTE}`);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof ConfigError) {
    const count = error.mistakes.length === 1 ? 'a mistake' : `${error.mistakes.length} mistakes`;
    process.stderr.write(`The configuration has ${count}:\n${error.mistakes.map((text) => `  - ${text}\n`).join('')}`);
    process.exitCode = EXIT.badConfiguration;
  } else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = EXIT.failed;
  }
}

function addTo(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

type Flags = Readonly<Record<string, string | true | undefined>>;

function withSettings(command: Command, names: readonly SettingName[]): Command {
  for (const name of names) {
    const { notes } = settings[name];
    const about = notes.default === undefined ? notes.about : `${notes.about} (default: ${notes.default})`;
    if (notes.isSecret) {
      command.option(`${flagOf(name)}-file <path>`, `${about} Read from this file; or set ${name} in the environment.`);
      command.addOption(new Option(`${flagOf(name)} <text>`).hideHelp().argParser(() => refuseSecret(name)));
    } else {
      command.option(`${flagOf(name)} ${notes.isSwitch ? '[true|false]' : `<${notes.value}>`}`, about);
    }
  }
  // Not --env-file: Node before 22 takes that for its own, wherever it stands.
  command.option('--settings-file <path>', 'File of NAME=value lines. (default: .env, where there is one)');
  command.addHelpText('after', SOURCES_NOTE);
  return command;
}

function refuseCommand(word: string): never {
  const names = program.commands.map((command) => command.name());
  const meant = closestMatch(word, names, { maxDistance: Math.ceil(word.length / 3) });
  const hint = meant === undefined ? '' : `\n(Did you mean ${meant}?)`;
  return program.error(`error: unknown command '${word}'${hint}`);
}

function refuseSecret(name: string): never {
  throw new ConfigError([
    `${flagOf(name)}: every program on this machine can read a command line. Set ${name} in the environment, or ${flagOf(name)}-file.`,
  ]);
}

/** commander hands flags on in camel case, and a switch without a value as `true`. */
function sourcesOf(flags: Flags): Sources {
  const named: Record<string, string | undefined> = {};
  for (const [key, value] of Object.entries(flags)) {
    named[key.replace(/[A-Z]/g, '_$&').toUpperCase()] = value === undefined ? undefined : String(value);
  }
  const { SETTINGS_FILE: path, ...settingFlags } = named;
  return {
    flags: settingFlags,
    environment: process.env,
    envFile: path === undefined ? { path: '.env', isOptional: true } : { path, isOptional: false },
  };
}
