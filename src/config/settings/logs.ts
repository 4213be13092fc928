import { z } from 'zod';
import { expected, setting } from '../setting.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export const logSettings = {
  LOG_LEVEL: setting(z.enum(LEVELS, expected(LEVELS.join(', ').replace(/, (?=\w+$)/, ' or '))), {
    about:
      'What is written to standard error, as JSON lines: info is one a request, debug adds calls to the user API and health checks, trace each lookup; warn is failures only, silent nothing.',
    default: 'info',
    value: 'level',
  }),
} as const;
