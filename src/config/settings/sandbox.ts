import { z } from 'zod';
import { onOff, setting, wholeNumber } from '../setting.ts';

export const sandboxSettings = {
  SANDBOX: setting(onOff, {
    about:
      'Serves the made-up users of the embedded sandbox. On by default without credentials, except with NODE_ENV=production.',
    default: 'false',
    value: 'true|false',
    isSwitch: true,
  }),
  SANDBOX_PORT: setting(wholeNumber(0, 65_535), {
    about: 'Port of the embedded sandbox; 0 takes any free one.',
    default: '4100',
    value: 'number',
  }),
  SANDBOX_PEOPLE: setting(z.string(), {
    about: 'How many made-up users the sandbox has, or a JSON or CSV file of your own.',
    default: '1000',
    value: 'number|file',
  }),
} as const;
