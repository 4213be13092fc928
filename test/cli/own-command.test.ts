import { expect, it } from 'vitest';
import { ownCommand } from '../../src/cli/init.ts';

it.each([
  ['a clone', '/home/me/gateway/dist/cli.js', '/home/me/gateway', 'node dist/cli.js'],
  ['another folder', '/home/me/gateway/dist/cli.js', '/home/me/app', 'node ../gateway/dist/cli.js'],
  ['a folder with spaces', '/home/me/my gateway/dist/cli.js', '/home/me', 'node "my gateway/dist/cli.js"'],
  ['a project', '/home/me/app/node_modules/.bin/lark-user-gateway', '/home/me/app', 'npx lark-user-gateway'],
  ['everywhere', '/usr/local/bin/lark-user-gateway', '/home/me', 'lark-user-gateway'],
])('the command is run again as it can be from %s', (_, script, folder, command) => {
  expect(ownCommand(script, folder)).toBe(command);
});
