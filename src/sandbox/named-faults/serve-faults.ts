import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reply } from '../reply.ts';
import { readBody } from '../request-body.ts';
import { sendReply } from '../send-reply.ts';
import type { SandboxFaults } from './fault-board.ts';
import { FaultSpecError } from './fault-spec-error.ts';
import { FAULT_NAMES, type FaultSpec } from './fault-table.ts';

export const FAULTS_PATH = '/_sandbox/faults';

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/**
 * `POST` adds one fault or a list of them, `GET` tells what is on, `DELETE` ends all. Those that can, answer
 * `{on, ended}`; a mistake is 400 with `{mistakes, names}`, and then nothing is started.
 */
export function serveFaults(faults: SandboxFaults): Readonly<Record<'GET' | 'POST' | 'DELETE', Handler>> {
  const state = (): Reply => {
    const list = faults.list();
    return { status: 200, body: { on: list.filter(({ isOn }) => isOn), ended: list.filter(({ isOn }) => !isOn) } };
  };

  return {
    GET: (_request, response) => sendReply(response, state()),

    POST: async (request, response) => {
      const body = await readBody(request);
      if (!body.isJson) {
        return sendReply(response, refusal([`Expected a fault or a list of faults as JSON, but ${body.problem}.`]));
      }
      try {
        faults.start(body.value as FaultSpec);
      } catch (error) {
        if (error instanceof FaultSpecError) return sendReply(response, refusal(error.mistakes));
        throw error;
      }
      sendReply(response, state());
    },

    DELETE: (_request, response) => {
      faults.clear();
      sendReply(response, state());
    },
  };
}

function refusal(mistakes: readonly string[]): Reply {
  return { status: 400, body: { mistakes, names: FAULT_NAMES } };
}
