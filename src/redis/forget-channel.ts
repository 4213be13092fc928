import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ForgetChannel } from '../directory/forget.ts';
import type { UserIdentifier } from '../directory/identifiers.ts';
import type { Clock } from '../policies/clock.ts';
import type { RedisClient } from './connect.ts';
import type { RedisConnection } from './connection.ts';
import type { ForgetPeople } from './forget-people.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { KeyNames } from './key-names.ts';
import { FORGET, MARK, runScript } from './scripts.ts';
import type { Seal } from './seal.ts';

export interface RedisForgetChannelOptions {
  connection: RedisConnection;
  /** Of its own: a connection that listens can do nothing else. */
  subscriber: RedisClient;
  keys: KeyNames;
  seal: Seal;
  heartbeat: Heartbeat;
  people: ForgetPeople;
  /** Resolves when all that was learned until now is in Redis, or will not be. Never rejects. */
  written(): Promise<void>;
  /** Names this gateway. */
  replica: string;
  /** How long people are kept anywhere, in milliseconds: so long a gateway that was away can catch up. */
  keepMs: number;
  clock: Clock;
}

interface Message {
  readonly id: string;
  readonly from: string;
  /** Whom to forget; left out where it says that they are forgotten. */
  readonly names?: readonly UserIdentifier[];
}

/** So long all others may take to say that they have done it. */
const ACKNOWLEDGED_MS = 3_000;
const LOOK_AGAIN_MS = 20;
/** So often the server is asked whether it still knows who listens: a connection that nothing is said on can die unnoticed. */
const STILL_THERE_MS = 10_000;
/** Told once more, where it is not certain that it was heard. */
const OVERLAP_MS = 10_000;
/** Nobody waits for what was missed, and everybody for that it is not missed for good: it is tried again until it was read. */
const CATCH_UP_WITHIN_MS = 2_000;
const CATCH_UP_EVERY_MS = 1_000;
const MOST_ACKNOWLEDGED = 100;

/**
 * Tells all gateways whom to forget, and waits until each has said that it has. What was told is kept for a while, sealed: a
 * gateway that was away from Redis catches up when it is back.
 */
export function createRedisForgetChannel(options: RedisForgetChannelOptions): ForgetChannel {
  const { connection, subscriber, keys, seal, heartbeat, people, written, replica, keepMs, clock } = options;
  const entry = seal('forget');
  const acknowledgements = new Map<string, Set<string>>();
  const startedAt = clock();
  /** Until when everything was heard, on the clock of the server, in microseconds. */
  let heardUntil: number | undefined;
  /** True where nothing that was told since then can have been missed. */
  let isListening = false;
  /** Each connection of the subscriber has another. */
  let connectionNumber = 0;
  let isBeginning = false;
  /** The mark of the list when it was read, or since; and when that was. */
  let read: { readonly mark?: string; readonly at: number } = { at: startedAt };

  return {
    async publish(asked) {
      const names = await people.allNames(asked);
      await people.remove(names);
      const others = await otherReplicas();
      const message: Message = { id: randomUUID(), from: replica, names };
      const done = new Set<string>();
      acknowledgements.set(message.id, done);
      try {
        await connection.run('forget', (client) =>
          runScript(client, FORGET, [keys.forgotten], [sealed(message), Math.ceil(keepMs) * 1_000, keys.forget]),
        );
        const until = clock() + ACKNOWLEDGED_MS;
        while (!others.every((other) => done.has(other))) {
          if (clock() > until) throw new Error('Not all gateways have said that they forgot.');
          await sleep(LOOK_AGAIN_MS);
        }
      } finally {
        acknowledgements.delete(message.id);
      }
      // A call that left before may have brought them back meanwhile; from now on none can.
      await written();
      await people.remove(names);
      return { replicas: others.length };
    },
    listen(onForget, onMissed) {
      subscriber.on('message', (channel: string, text: string) => {
        if (channel === keys.forget) take(text, onForget);
        else acknowledge(text);
      });
      // Each time that there is a new connection.
      subscriber.on('ready', () => void begin(onForget, onMissed));
      subscriber.on('close', () => {
        isListening = false;
        connectionNumber++;
      });
      const again = setInterval(() => {
        if (isListening) noteMark();
        else void begin(onForget, onMissed);
      }, CATCH_UP_EVERY_MS);
      again.unref();
      const stillThere = setInterval(() => {
        if (subscriber.status === 'ready') subscriber.subscribe(keys.forget, keys.acknowledged).catch(() => {});
      }, STILL_THERE_MS);
      stillThere.unref();
      subscriber.on('end', () => {
        clearInterval(again);
        clearInterval(stillThere);
      });
    },
  };

  /** From then on nothing is missed, unless it fails: then it is begun again. */
  async function begin(...[onForget, onMissed]: Parameters<ForgetChannel['listen']>): Promise<void> {
    if (isListening || isBeginning || subscriber.status !== 'ready') return;
    isBeginning = true;
    const onConnection = connectionNumber;
    try {
      await heartbeat.first;
      await connection.run('listen', () => subscriber.subscribe(keys.forget, keys.acknowledged), CATCH_UP_WITHIN_MS);
      const at = clock();
      const now = micros(at);
      // At the start all of it: whoever was to be forgotten may still be somewhere in Redis, under another name.
      const since = heardUntil === undefined ? '-inf' : heardUntil - OVERLAP_MS * 1_000;
      const missed = await connection.run(
        'forget',
        (client) => client.zrangebyscore(keys.forgotten, since, '+inf'),
        CATCH_UP_WITHIN_MS,
      );
      // What is told from here on may be told to nobody.
      const mark = missed.find((text) => text.startsWith(MARK));
      if (onConnection !== connectionNumber || mark === undefined) return;
      if (read.mark !== mark && heartbeat.countedSince() > read.at) onMissed();
      read = { mark, at };
      heardUntil = now;
      isListening = true;
      // Nobody waits any more to hear of those that were told long ago.
      for (const text of missed.slice(0, -MOST_ACKNOWLEDGED)) hear(text, onForget);
      for (const text of missed.slice(-MOST_ACKNOWLEDGED)) take(text, onForget);
    } catch {
      // Not there yet, gone again, or too slow.
    } finally {
      isBeginning = false;
    }
  }

  /** Where the list is lost while everything is heard, nothing is missed. */
  function noteMark(): void {
    const mark = heartbeat.mark();
    if (mark !== undefined && heartbeat.countedSince() <= read.at) read = { ...read, mark };
  }

  function take(text: string, onForget: (names: readonly UserIdentifier[]) => void): void {
    const message = hear(text, onForget);
    if (!message) return;
    if (isListening) heardUntil = micros() ?? heardUntil;
    const answer = sealed({ id: message.id, from: replica });
    // Whoever is told this removes what may have been on its way.
    written()
      .then(() => connection.run('forget', (client) => client.publish(keys.acknowledged, answer)))
      .catch(() => {});
  }

  /** @returns `undefined` for what is of this gateway, or none of its business. */
  function hear(text: string, onForget: (names: readonly UserIdentifier[]) => void): Message | undefined {
    const message = open(text);
    if (!message?.names || message.from === replica) return undefined;
    onForget(message.names);
    return message;
  }

  function acknowledge(text: string): void {
    const said = open(text);
    if (said) acknowledgements.get(said.id)?.add(said.from);
  }

  /** Acknowledgements too: who can only write to Redis must not claim that somebody was forgotten. */
  function sealed(message: Message): string {
    return entry.seal(Buffer.from(JSON.stringify(message))).toString('base64');
  }

  /** @returns `undefined` for what another secret has sealed, or nobody. */
  function open(text: string): Message | undefined {
    const plain = entry.open(Buffer.from(text, 'base64'));
    return plain && (JSON.parse(plain.toString()) as Message);
  }

  async function otherReplicas(): Promise<string[]> {
    const all = await connection.run('forget', (client) => client.zrangebyscore(keys.replicas, '-inf', '+inf'));
    return all.filter((other) => other !== replica);
  }

  function micros(at = clock()): number | undefined {
    const there = heartbeat.serverTimeAt(at);
    return there === undefined ? undefined : Math.floor(there * 1_000);
  }
}
