import type { GatewayOptions } from '../../src/gateway-options.ts';
import type { FaultSpec, SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { codesByPath, type GraphQLAnswer, gatewayWithSandbox, type Harness } from '../support/gateway-with-sandbox.ts';

export const ZHANG_SAN = '7000000000000000001';
export const LI_SI = '7000000000000000002';
export const WANG_WU = '7000000000000000003';
export const WANG_WU_OUT_ID = 'on_9b92f49496a0f96bfc586d6f7cb8683a';

/** One person by key, whom the faults of these tests strike, beside two whom they spare. */
export const THREE = `{
  struck: user(key: "${ZHANG_SAN}") { nameEn }
  byEmail: usersByEmail(emails: ["lisi@example.com"]) { nameEn }
  byOutId: usersByOutId(outIds: ["${WANG_WU_OUT_ID}"]) { nameEn }
}`;
export const SPARED = { byEmail: [{ nameEn: 'Li Si' }], byOutId: [{ nameEn: 'Wang Wu' }] };
export const ALL_THREE = { struck: { nameEn: 'Zhang San' }, ...SPARED };

/** A gateway that has its token, neither waits for its quota nor long between two attempts, and a sandbox behind it. */
export async function quickGateway(
  gateway: Partial<GatewayOptions> = {},
  sandbox: SandboxOptions = {},
): Promise<Harness> {
  const harness = await gatewayWithSandbox({
    gateway: { callsPerSecond: 1_000, retry: { baseMs: 1 }, ...gateway },
    sandbox,
  });
  await harness.gateway.whenReady;
  return harness;
}

export interface Struck extends Harness {
  readonly answer: GraphQLAnswer;
  /** How many calls asked by user key, by e-mail and by out id. */
  asked(): { user_keys: number; emails: number; out_ids: number };
}

/** Asks for the three while a fault strikes the calls that ask by user key. */
export async function strike(spec: FaultSpec, gateway: Partial<GatewayOptions> = {}): Promise<Struck> {
  const harness = await quickGateway(gateway);
  harness.sandbox.faults.start({ ...spec, kind: 'user_keys' });
  const answer = await harness.query(THREE);
  const callsBy = (kind: string) => harness.upstreamCalls().filter((body) => kind in (body as object)).length;
  return {
    ...harness,
    answer,
    asked: () => ({ user_keys: callsBy('user_keys'), emails: callsBy('emails'), out_ids: callsBy('out_ids') }),
  };
}

/** What the client got, what the user API was asked, and both again for a second query, with the fault over. */
export async function outcomeOf({ answer, asked, sandbox, query }: Struck) {
  const outcome = { data: answer.data, errors: codesByPath(answer), asked: asked() };
  sandbox.faults.clear();
  return { ...outcome, secondAnswer: await query(THREE), askedInAll: asked() };
}

const callsFor = (user_keys: number) => ({ user_keys, emails: 1, out_ids: 1 });

/** One coded error at the one field that was struck, after so many calls; and nothing of it is remembered. */
export const failure = (code: string, calls: number) => ({
  data: { struck: null, ...SPARED },
  errors: [`struck: ${code}`],
  asked: callsFor(calls),
  secondAnswer: { data: ALL_THREE },
  askedInAll: callsFor(calls + 1),
});

/** Nobody notices but the user API, which got so many calls; and the answer is remembered. */
export const noFailure = (calls: number) => ({
  data: ALL_THREE,
  errors: [],
  asked: callsFor(calls),
  secondAnswer: { data: ALL_THREE },
  askedInAll: callsFor(calls),
});

/** A monotonic clock that goes on as ever, and jumps when told to. */
export function clockThatJumps(): { clock: () => number; jump: (ms: number) => void } {
  let aheadMs = 0;
  return {
    clock: () => performance.now() + aheadMs,
    jump(ms) {
      aheadMs += ms;
    },
  };
}
