import type { z } from 'zod';
import { browserSettings } from './settings/browser.ts';
import { cacheSettings } from './settings/cache.ts';
import { callerSettings } from './settings/callers.ts';
import { documentSettings } from './settings/documents.ts';
import { logSettings } from './settings/logs.ts';
import { replicaSettings } from './settings/replicas.ts';
import { sandboxSettings } from './settings/sandbox.ts';
import { serverSettings } from './settings/server.ts';
import { upstreamSettings } from './settings/upstream.ts';

/**
 * Every setting, in the order of `--help` and the docs. The flag of a setting is its name in lower case with hyphens:
 * `LARK_BASE_URL` is `--lark-base-url`.
 */
export const settings = {
  ...upstreamSettings,
  ...serverSettings,
  ...callerSettings,
  ...cacheSettings,
  ...replicaSettings,
  ...documentSettings,
  ...browserSettings,
  ...logSettings,
  ...sandboxSettings,
};

export type SettingName = keyof typeof settings;
export type Settings = { [Name in SettingName]: z.infer<(typeof settings)[Name]['schema']> | undefined };

export const settingNames = Object.keys(settings) as SettingName[];

export const flagOf = (name: string): string => `--${name.toLowerCase().replaceAll('_', '-')}`;

/** All mistakes of a configuration at once, each a sentence that says what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.mistakes = mistakes;
  }
}
