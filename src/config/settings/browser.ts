import { z } from 'zod';
import { onOff, setting } from '../setting.ts';

export const browserSettings = {
  GRAPHIQL: setting(onOff, {
    about: 'Serves GraphiQL to browsers at /graphql. Off by default with NODE_ENV=production.',
    default: 'true',
    value: 'true|false',
    isSwitch: true,
  }),
  CORS_ORIGINS: setting(z.string(), {
    about:
      'Sites whose scripts may ask, separated by commas: https://app.example.com. Without it, pages of this host only.',
    value: 'origins',
  }),
  CSRF_PREVENTION: setting(onOff, {
    about:
      'Refuses requests that a page of any site could send unasked: those that are neither JSON nor have a header of their own.',
    default: 'true',
    value: 'true|false',
    isSwitch: true,
  }),
} as const;
