import { avatarUrl } from './avatar.ts';
import { type CallLog, createCallLog, type SandboxCall } from './call-log.ts';
import type { Fault } from './faults.ts';
import { listen } from './http-server.ts';
import { checkFaults } from './named-faults/check-fault.ts';
import { createFaultBoard, type SandboxFaults } from './named-faults/fault-board.ts';
import { onceOnly } from './once-only.ts';
import { createOpenApi, type OpenApi } from './open-api.ts';
import { resolveOptions, type SandboxOptions } from './options.ts';
import { infoPage } from './pages.ts';
import { makePeople } from './people.ts';
import { indexPeople, type PeopleIndex } from './people-index.ts';
import type { SandboxPerson } from './person.ts';
import { answerPluginToken } from './plugin-token.ts';
import { createRouter } from './router.ts';
import { slidingWindow } from './sliding-window.ts';
import { createTokens, type Tokens } from './tokens.ts';
import { answerUserQuery } from './user-query.ts';
import { serveUserTokens } from './user-tokens.ts';

export type { SandboxCall } from './call-log.ts';
export type { Fault, RawReply, ReceivedCall } from './faults.ts';
export { loadPeople } from './load-people.ts';
export type { SandboxFaults } from './named-faults/fault-board.ts';
export { faultHelp } from './named-faults/fault-help.ts';
export { FaultSpecError } from './named-faults/fault-spec-error.ts';
export type { FaultSpec } from './named-faults/fault-table.ts';
export { readFaultTexts } from './named-faults/fault-text.ts';
export type { SandboxOptions } from './options.ts';
export type { SandboxPerson } from './person.ts';
export type { Reply } from './reply.ts';

/** A running sandbox: the vendor's user API over real HTTP, with people of its own. */
export interface Sandbox {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  /** The plugin credential that this sandbox gives tokens for. */
  readonly credential: { readonly pluginId: string; readonly pluginSecret: string };
  readonly people: readonly SandboxPerson[];
  /** The latest 10,000 calls of both interfaces, oldest first, with their bodies. */
  calls(): readonly SandboxCall[];
  clearCalls(): void;
  /** Every token handed out so far is refused with 10022 from now on. */
  expireTokens(): void;
  /** A user access token, which acts for the person in itself; the vendor sells these for a login code, over other interfaces. */
  userAccessToken(userKey: string): string;
  /** This token is refused with 10022 from now on; all others stay good. */
  revokeToken(token: string): void;
  /** Faults by their names: what `--fault` and `POST /_sandbox/faults` switch on and off. */
  readonly faults: SandboxFaults;
  /** Lets a fault of your own decide about every call from now on; undefined ends it. Meanwhile `faults` are not asked. */
  setFault(fault: Fault | undefined): void;
  /** Lets replies under way finish (at most `latencyMs` and a second), ends every connection. Closing again is harmless. */
  close(): Promise<void>;
}

/** How long a reply under way may still take when the sandbox closes, beyond the latency it was asked to have. */
const CLOSE_GRACE_MS = 1000;

/**
 * Starts the sandbox.
 *
 * @throws RangeError for an option out of its range; FaultSpecError for mistakes in `faults`; Error for an address that
 * cannot be listened on, or for people who share a user key, an out id, or an e-mail of one tenant.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const settings = resolveOptions(options);
  const given = typeof settings.people === 'number' ? undefined : settings.people;
  const givenIndex = given && indexPeople(given, settings.ownTenantKey);
  checkFaults(settings.faults);
  const server = await listen(settings.host, settings.port);

  // The avatars of made-up people name the port, which is only known now.
  const people = given ?? makeUp(settings, server.url);
  const index = givenIndex ?? indexPeople(people, settings.ownTenantKey);
  const { now } = settings;
  const newLimit = () => slidingWindow(settings.callsPerSecond, now);
  const tokens = createTokens({ lifetimeSeconds: settings.tokenLifetimeSeconds, now, newLimit });
  const log = createCallLog();
  let fault: Fault | undefined;
  const faults = createFaultBoard({ ...settings, tokens, people });
  faults.start(settings.faults);
  const openApi = wireOpenApi(settings, { index, tokens, log, fault: () => fault ?? faults.decide });
  const page = infoPage({ ...settings, url: server.url, peopleCount: people.length });
  const userTokens = serveUserTokens({ tokens, people: index, lifetimeSeconds: settings.tokenLifetimeSeconds });
  server.serve(
    createRouter({ openApi, people: index, log, faults, userTokens, infoPage: () => page, url: server.url }),
  );

  return {
    url: server.url,
    credential: { pluginId: settings.pluginId, pluginSecret: settings.pluginSecret },
    people,
    calls: () => log.list(),
    clearCalls: () => log.clear(),
    expireTokens: () => tokens.expireAll(),
    userAccessToken: (userKey) => tokens.issue('user', userKey),
    revokeToken: (token) => void tokens.revoke(token),
    faults: { start: (specs) => faults.start(specs), list: () => faults.list(), clear: () => faults.clear() },
    setFault: (next) => {
      fault = next;
    },
    close: () => {
      openApi.abortFaults();
      return server.close(settings.latencyMs + CLOSE_GRACE_MS);
    },
  };
}

function makeUp({ people, ownTenantKey }: Required<SandboxOptions>, url: string): readonly SandboxPerson[] {
  if (typeof people !== 'number') return people;
  return makePeople(people, { ownTenantKey, avatarUrl: (userKey) => avatarUrl(url, userKey) });
}

interface Parts {
  readonly index: PeopleIndex;
  readonly tokens: Tokens;
  readonly log: CallLog;
  readonly fault: () => Fault;
}

function wireOpenApi(settings: Required<SandboxOptions>, { index, tokens, log, fault }: Parts): OpenApi {
  const rules = { ...settings, people: index, tokens, isNewIdemUuid: onceOnly() };
  return createOpenApi({
    ...settings,
    log,
    fault,
    answers: {
      plugin_token: (_call, body) => answerPluginToken(body, rules),
      user_query: ({ signal: _signal, ...call }, body) => answerUserQuery({ ...call, body }, rules),
    },
  });
}
