import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { onTestFinished } from 'vitest';
import { keysFrom } from './user-keys.ts';

/** A list of people that was asked for, and what became of it. Times are those of `performance.now()`, as the sandbox' are. */
export interface Asked {
  readonly url: string;
  readonly keys: readonly string[];
  readonly sentAt: number;
  /** While no answer is there: `under way`. */
  outcome: string;
  endedAt: number;
}

export const RIGHT = 'right';

/** Lists of people whom nobody has asked for before, sent to gateways over real HTTP. */
export interface Load {
  /** In the order in which they were sent. */
  readonly asked: readonly Asked[];
  /** Nothing is sent any more. Resolves when all answers are there. */
  stop(): Promise<void>;
}

interface LoadOptions {
  /** Where to: each list to the next. Asked each time. */
  urls(): readonly string[];
  peoplePerList: number;
  /** The person asked for first; the others follow. @default 1 */
  firstNumber?: number;
}

/** An even load, whatever becomes of it. */
export function offer({ listsPerSecond, ...options }: LoadOptions & { listsPerSecond: number }): Load {
  return start(options, async (ask, isOver) => {
    const startedAt = performance.now();
    const answers: Promise<void>[] = [];
    while (!isOver()) {
      const due = Math.floor(((performance.now() - startedAt) / 1_000) * listsPerSecond) + 1;
      while (answers.length < due) answers.push(ask());
      await delay(10);
    }
    await Promise.all(answers);
  });
}

/** As much as is answered: so many lists are under way at any time, the same number at each address. */
export function keepBusy({ listsAtOnce, ...options }: LoadOptions & { listsAtOnce: number }): Load {
  return start(options, async (ask, isOver) => {
    const runs = options.urls().flatMap((url) => Array.from({ length: listsAtOnce }, () => url));
    await Promise.all(
      runs.map(async (url) => {
        while (!isOver()) await ask(url);
      }),
    );
  });
}

type Ask = (url?: string) => Promise<void>;

function start(options: LoadOptions, run: (ask: Ask, isOver: () => boolean) => Promise<void>): Load {
  const { peoplePerList, firstNumber = 1 } = options;
  const agent = new Agent({ connections: null, pipelining: 1 });
  const asked: Asked[] = [];
  let isOver = false;
  const finished = run(
    async (url) => {
      const urls = options.urls();
      const to = url ?? urls[asked.length % urls.length] ?? '';
      const keys = keysFrom(firstNumber + asked.length * peoplePerList, peoplePerList);
      const entry: Asked = { url: to, keys, sentAt: performance.now(), outcome: 'under way', endedAt: Infinity };
      asked.push(entry);
      entry.outcome = await outcomeOf(to, keys, agent);
      entry.endedAt = performance.now();
    },
    () => isOver,
  );
  const stop = async () => {
    isOver = true;
    await finished;
  };
  onTestFinished(async () => {
    await stop();
    await agent.close();
  });
  return { asked, stop };
}

const DOCUMENT = 'query ($keys: [ID!]!) { users(keys: $keys) { key } }';

/** `right`, or what is wrong: codes of errors, the status, or the code of the connection's trouble. */
async function outcomeOf(url: string, keys: readonly string[], dispatcher: Agent): Promise<string> {
  try {
    const { statusCode, body } = await request(`${url}/graphql`, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: DOCUMENT, variables: { keys } }),
    });
    const text = await body.text();
    if (statusCode !== 200) return `HTTP ${statusCode}`;
    const { data, errors } = JSON.parse(text) as Answer;
    if (errors) return [...new Set(errors.map(({ extensions }) => extensions?.code))].join(', ');
    return keys.every((key, at) => data?.users[at]?.key === key) ? RIGHT : 'wrong people';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

interface Answer {
  data?: { users: ({ key: string } | null)[] };
  errors?: { extensions?: { code?: string } }[];
}
