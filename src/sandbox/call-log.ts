import type { InterfaceName, ReceivedCall } from './faults.ts';
import { KINDS, type Kind } from './people-index.ts';

/** One call of the API as the sandbox saw it. Entries stand in the order the calls came in. */
export interface SandboxCall {
  /** On the sandbox's monotonic clock, in milliseconds. */
  readonly at: number;
  readonly interface: InterfaceName;
  /** The JSON sent; the raw text where it was not JSON; undefined where it was over the size limit. */
  readonly body: unknown;
  readonly token?: string;
  readonly userKey?: string;
  readonly idemUuid?: string;
  readonly traceParent?: string;
  /** HTTP status; 0 while a fault has not decided yet, and when it ended the call without a status line. */
  readonly status: number;
  /** 0 for success and for whatever is not the API's envelope. */
  readonly errCode: number;
  readonly logId: string;
}

export interface CallLog {
  /** Enters a call and gives the function that completes its entry. */
  enter(call: ReceivedCall): (status: number, errCode: number) => void;
  list(): SandboxCall[];
  clear(): void;
  /** What `GET /_sandbox/calls` shows. Names no person: they may be the operator's own people. */
  summary(): CallSummary;
}

export interface CallSummary {
  /** Since the start or the last clearing, also those no longer listed. */
  readonly total: number;
  readonly pluginToken: number;
  readonly userQuery: number;
  /** Identifiers asked for in all, repeats counted. */
  readonly identifiers: number;
  /** The latest calls, oldest first. */
  readonly calls: readonly CallSummaryEntry[];
}

export interface CallSummaryEntry {
  readonly at: number;
  readonly interface: InterfaceName;
  /** How many identifiers of each kind were asked for. */
  readonly asked: Partial<Record<Kind, number>>;
  readonly status: number;
  readonly errCode: number;
  readonly logId: string;
}

/** @param limit how many calls are kept; the oldest go first. */
export function createCallLog(limit = 10_000): CallLog {
  let entries: SandboxCall[] = [];
  let counts = { pluginToken: 0, userQuery: 0, identifiers: 0 };

  return {
    enter({ signal: _signal, ...call }) {
      const entry = { ...call, status: 0, errCode: 0 };
      entries.push(entry);
      if (entries.length > limit) entries.shift();
      counts[call.interface === 'plugin_token' ? 'pluginToken' : 'userQuery'] += 1;
      for (const count of Object.values(askedOf(call.body))) counts.identifiers += count;
      return (status, errCode) => {
        entry.status = status;
        entry.errCode = errCode;
      };
    },
    list: () => entries.map((entry) => ({ ...entry })),
    clear() {
      entries = [];
      counts = { pluginToken: 0, userQuery: 0, identifiers: 0 };
    },
    summary: () => ({ total: counts.pluginToken + counts.userQuery, ...counts, calls: entries.map(toSummaryEntry) }),
  };
}

function toSummaryEntry({ at, interface: name, body, status, errCode, logId }: SandboxCall): CallSummaryEntry {
  return { at, interface: name, asked: askedOf(body), status, errCode, logId };
}

function askedOf(body: unknown): Partial<Record<Kind, number>> {
  if (typeof body !== 'object' || body === null) return {};
  const lists = KINDS.map((kind) => [kind, (body as Partial<Record<Kind, unknown>>)[kind]] as const);
  return Object.fromEntries(lists.flatMap(([kind, list]) => (Array.isArray(list) ? [[kind, list.length]] : [])));
}
