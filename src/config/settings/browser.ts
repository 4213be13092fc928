import { onOff, setting } from '../setting.ts';

export const browserSettings = {
  GRAPHIQL: setting(onOff, {
    about: 'Serves GraphiQL to browsers at /graphql. Off by default with NODE_ENV=production.',
    default: 'true',
    value: 'true|false',
    isSwitch: true,
  }),
} as const;
