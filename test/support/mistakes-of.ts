import { readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/settings.ts';
import type { Sources } from '../../src/config/sources.ts';

/** Of the real user API. */
export const CREDENTIAL = {
  LARK_BASE_URL: 'https://project.feishu.cn',
  LARK_PLUGIN_ID: 'MII_1',
  LARK_PLUGIN_SECRET: 's3cret',
};

export function mistakesOf(sources: Sources): readonly string[] {
  try {
    readConfig(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}
