import { Agent, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { createGateway, type Gateway } from '../../../src/gateway.ts';
import type { GatewayOptions } from '../../../src/gateway-options.ts';
import { createServer } from '../../../src/http/server.ts';
import { type FaultSpec, type Sandbox, type SandboxPerson, startSandbox } from '../../../src/sandbox/sandbox.ts';
import type { GatewayEvent } from '../../../src/telemetry/events.ts';
import { keptLog } from '../../support/kept-log.ts';
import { answerOf, type Wire } from '../../support/wire.ts';
import type { Sent } from './requests.ts';
import type { Answered } from './response.ts';

/** Two gateways that differ in one option only, each with a sandbox of its own, over real HTTP. */
export interface Pair {
  /** Sends it to both. @returns what came of it: with the fast path, and without. */
  send(sent: Sent, faults: readonly FaultSpec[]): Promise<Both>;
  /** Sends all of them at once. What telemetry and log say of one cannot be told from what they say of another. */
  sendTogether(all: readonly Sent[]): Promise<readonly Both[]>;
}

type Both = readonly [fastPath: Answered, whole: Answered];

export interface PairOptions {
  readonly people: readonly SandboxPerson[];
  readonly gateway: Partial<GatewayOptions>;
  /** Whose user access tokens there are. */
  readonly userTokens: readonly string[];
}

interface Side extends Wire {
  readonly gateway: Gateway;
  readonly sandbox: Sandbox;
  readonly events: GatewayEvent[];
  readonly entries: ReturnType<typeof keptLog>['entries'];
}

export async function startPair(options: PairOptions): Promise<Pair> {
  // It stands still while a request is under way, so that both have the same time for everything.
  const clock = { now: 1_000_000 };
  const sides = [await startSide(options, true, clock), await startSide(options, false, clock)] as const;
  return {
    async send(sent, faults) {
      clock.now += sent.afterMs;
      return Promise.all([sendTo(sides[0], sent, faults), sendTo(sides[1], sent, faults)]);
    },
    async sendTogether(all) {
      const [fastPath, whole] = await Promise.all(sides.map((side) => sendAll(side, all)));
      return all.map((_, at): Both => [fastPath?.[at] as Answered, whole?.[at] as Answered]);
    },
  };
}

async function startSide(options: PairOptions, fastPath: boolean, clock: { now: number }): Promise<Side> {
  const seeded = seededRandom();
  const sandbox = await startSandbox({
    people: options.people,
    callsPerSecond: Number.POSITIVE_INFINITY,
    random: seeded,
  });
  const events: GatewayEvent[] = [];
  const { log, entries } = keptLog('info');
  const isForCallers = options.gateway.identity === 'caller';
  const gateway = createGateway({
    baseUrl: sandbox.url,
    ...(!isForCallers && sandbox.credential),
    random: () => 0,
    clock: () => clock.now,
    telemetry: (event) => void events.push(event),
    log,
    ...options.gateway,
    fastPath,
    // Nobody waits for a turn while the clock stands still.
    callsPerSecond: 100_000,
  });
  await gateway.whenReady;
  const server = createServer(gateway);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => end(server, agent, gateway, sandbox));
  const tokens = new Map(options.userTokens.map((key) => [key, sandbox.userAccessToken(key)]));
  const { port } = server.address() as AddressInfo;
  return { gateway, sandbox, port, agent, events, entries, tokens };
}

async function end(server: Server, agent: Agent, gateway: Gateway, sandbox: Sandbox): Promise<void> {
  agent.destroy();
  server.closeAllConnections();
  server.close();
  await gateway.dispose();
  await sandbox.close();
}

async function sendTo(side: Side, sent: Sent, faults: readonly FaultSpec[]): Promise<Answered> {
  const { sandbox, events, entries } = side;
  sandbox.faults.clear();
  if (sent.isStruck) sandbox.faults.start(faults);
  events.length = 0;
  entries.length = 0;
  const answer = await answerOf(side, sent);
  // People who are asked for ahead are nobody's request, and have to be there before the next.
  await settled(() => events.some(({ type }) => type === 'request') && isIdle(events));
  return { ...answer, events: [...events], entries: [...entries] };
}

async function sendAll(side: Side, all: readonly Sent[]): Promise<Answered[]> {
  side.sandbox.faults.clear();
  side.events.length = 0;
  const answers = await Promise.all(all.map((sent) => answerOf(side, sent)));
  await settled(() => isIdle(side.events));
  return answers.map((answer) => ({ ...answer, events: [], entries: [] }));
}

/** What has left has come back. */
const isIdle = (events: readonly GatewayEvent[]) =>
  events.filter(({ type }) => type === 'batch').length === events.filter(({ type }) => type === 'upstream-call').length;

const MOST_TURNS = 2_000;

async function settled(isSettled: () => boolean): Promise<void> {
  for (let turn = 0; turn < MOST_TURNS && !isSettled(); turn++) await nextTurn();
}

/** The same numbers for both sandboxes. */
function seededRandom(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
}
