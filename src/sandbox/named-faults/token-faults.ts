import { defineFault } from './named-fault.ts';
import { wholeNumber, yesNo } from './parameter.ts';
import { refusal } from './refusal-faults.ts';

/** Trouble with the credential. */
export const tokenFaults = {
  'token-expiry': defineFault({
    about: 'all tokens handed out so far expire just before the call: calls=1 is once, every=50 at each 50th',
    parameters: {},
    strike: (_values, { tokens, answer }) => {
      tokens.expireAll();
      return answer();
    },
  }),

  'token-refused': defineFault({
    about: 'no token is handed out, the plugin credential is refused with code',
    defaultInterface: 'plugin_token',
    parameters: { code: wholeNumber(1, 2 ** 53 - 1, 10001), onHttp200: yesNo(true) },
    strike: ({ code, onHttp200 }, { call }) => refusal(call, code, onHttp200),
  }),
};
