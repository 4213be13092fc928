import type { ServerResponse } from 'node:http';
import { defineFault, type Incident } from './named-fault.ts';
import { startReply } from './raw-reply.ts';

/** Connections that end before the answer does. */
export const connectionFaults = {
  'reset-before-headers': defineFault({
    about: 'the connection is reset (RST) before a word was said',
    parameters: {},
    strike: () => (response) => void response.socket?.resetAndDestroy(),
  }),

  'reset-mid-body': defineFault({
    about: 'the connection is reset (RST) after half of the body',
    parameters: {},
    strike: (_values, incident) => afterHalf(incident, (response) => response.socket?.resetAndDestroy()),
  }),

  'end-mid-body': defineFault({
    about: 'the connection is ended (FIN) after half of the body',
    parameters: {},
    strike: (_values, incident) => afterHalf(incident, (response) => response.socket?.destroySoon()),
  }),

  garbage: defineFault({
    about: 'something that is not HTTP, then the end of the connection',
    parameters: {},
    strike: () => (response) => void response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n\r\n'),
  }),
};

/** How long half a body may take to reach the client before a reset, which discards what is still under way. */
const ARRIVAL_MS = 20;

function afterHalf({ call, answer }: Incident, cut: (response: ServerResponse) => void) {
  const reply = answer();
  return async (response: ServerResponse): Promise<void> => {
    const bytes = startReply(response, reply, call);
    await new Promise((written) => response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), written));
    await new Promise((arrived) => setTimeout(arrived, ARRIVAL_MS));
    cut(response);
  };
}
