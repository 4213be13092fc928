import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ForgetChannel } from '../directory/forget.ts';
import type { UserIdentifier } from '../directory/identifiers.ts';
import type { Clock } from '../policies/clock.ts';
import type { RedisClient } from './connect.ts';
import type { RedisConnection } from './connection.ts';
import type { Encryption } from './encryption.ts';
import type { ForgetUsers } from './forget-users.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { KeyNames } from './key-names.ts';
import { FORGET, MARK, runScript } from './scripts.ts';

export interface RedisForgetChannelOptions {
  connection: RedisConnection;
  /** A connection of its own: a subscribed connection can do nothing else. */
  subscriber: RedisClient;
  keys: KeyNames;
  encryptedEntry: Encryption;
  heartbeat: Heartbeat;
  users: ForgetUsers;
  /** Resolves when all earlier writes to Redis have succeeded or failed. Never rejects. */
  written(): Promise<void>;
  /** Names this gateway. */
  replica: string;
  /** How long users are cached anywhere, in milliseconds: a gateway that was away for less can catch up. */
  keepMs: number;
  clock: Clock;
}

interface Message {
  readonly id: string;
  readonly from: string;
  /** Users to forget; absent in an acknowledgement. */
  readonly names?: readonly UserIdentifier[];
}

/** How long all other gateways may take to acknowledge. */
const ACKNOWLEDGED_MS = 3_000;
const POLL_MS = 20;
/** Interval of renewed subscriptions: an idle connection can die without notice. */
const RESUBSCRIBE_MS = 10_000;
/** Messages of this time before a disconnect are read again. */
const OVERLAP_MS = 10_000;
/** Catching up has time, and is retried until it succeeds. */
const CATCH_UP_WITHIN_MS = 2_000;
const CATCH_UP_EVERY_MS = 1_000;
const MAX_ACKNOWLEDGED = 100;

/**
 * Publishes users to forget to all gateways, and waits until each has acknowledged. Messages are kept for a while, encrypted: a gateway
 * that was disconnected from Redis catches up when it is back.
 */
export function createRedisForgetChannel(options: RedisForgetChannelOptions): ForgetChannel {
  const { connection, subscriber, keys, encryptedEntry, heartbeat, users, written, replica, keepMs, clock } = options;
  const entry = encryptedEntry('forget');
  const acknowledgements = new Map<string, Set<string>>();
  const startedAt = clock();
  /** Until when all messages were received, on the clock of the server, in microseconds. */
  let receivedUntil: number | undefined;
  /** True while no message can be missed. */
  let isListening = false;
  /** Increases with each connection of the subscriber. */
  let connectionNumber = 0;
  let isSubscribing = false;
  /** The mark of the list when it was read, or since; and when that was. */
  let read: { readonly mark?: string; readonly at: number } = { at: startedAt };

  return {
    async publish(requested) {
      const names = await users.allIdentifiers(requested);
      await users.remove(names);
      const others = await otherReplicas();
      const message: Message = { id: randomUUID(), from: replica, names };
      const done = new Set<string>();
      acknowledgements.set(message.id, done);
      try {
        await connection.run('forget', (client) =>
          runScript(client, FORGET, [keys.forgotten], [encrypted(message), Math.ceil(keepMs) * 1_000, keys.forget]),
        );
        const until = clock() + ACKNOWLEDGED_MS;
        while (!others.every((other) => done.has(other))) {
          if (clock() > until)
            throw new Error('Expected all gateways to acknowledge in time, got no answer from some.');
          await sleep(POLL_MS);
        }
      } finally {
        acknowledgements.delete(message.id);
      }
      // A call that left before may have written them again meanwhile; from now on none can.
      await written();
      await users.remove(names);
      return { replicas: others.length };
    },
    listen(onForget, onMissed) {
      subscriber.on('message', (channel: string, text: string) => {
        if (channel === keys.forget) handle(text, onForget);
        else acknowledge(text);
      });
      // On each new connection.
      subscriber.on('ready', () => void subscribe(onForget, onMissed));
      subscriber.on('close', () => {
        isListening = false;
        connectionNumber++;
      });
      const retry = setInterval(() => {
        if (isListening) recordMark();
        else void subscribe(onForget, onMissed);
      }, CATCH_UP_EVERY_MS);
      retry.unref();
      const resubscribe = setInterval(() => {
        if (subscriber.status === 'ready') subscriber.subscribe(keys.forget, keys.acknowledged).catch(() => {});
      }, RESUBSCRIBE_MS);
      resubscribe.unref();
      subscriber.on('end', () => {
        clearInterval(retry);
        clearInterval(resubscribe);
      });
    },
  };

  /** Subscribes, and reads what was missed. Retried where it fails. */
  async function subscribe(...[onForget, onMissed]: Parameters<ForgetChannel['listen']>): Promise<void> {
    if (isListening || isSubscribing || subscriber.status !== 'ready') return;
    isSubscribing = true;
    const onConnection = connectionNumber;
    try {
      await heartbeat.first;
      await connection.run('listen', () => subscriber.subscribe(keys.forget, keys.acknowledged), CATCH_UP_WITHIN_MS);
      const at = clock();
      const now = micros(at);
      // At startup all messages: a user to be forgotten may still be in Redis under another identifier.
      const since = receivedUntil === undefined ? '-inf' : receivedUntil - OVERLAP_MS * 1_000;
      const missed = await connection.run(
        'forget',
        (client) => client.zrangebyscore(keys.forgotten, since, '+inf'),
        CATCH_UP_WITHIN_MS,
      );
      // A message after a disconnect may have been lost.
      const mark = missed.find((text) => text.startsWith(MARK));
      if (onConnection !== connectionNumber || mark === undefined) return;
      if (read.mark !== mark && heartbeat.countedSince() > read.at) onMissed();
      read = { mark, at };
      receivedUntil = now;
      isListening = true;
      // Old messages need no acknowledgement any more.
      for (const text of missed.slice(0, -MAX_ACKNOWLEDGED)) receive(text, onForget);
      for (const text of missed.slice(-MAX_ACKNOWLEDGED)) handle(text, onForget);
    } catch {
      // Not connected yet, disconnected again, or too slow.
    } finally {
      isSubscribing = false;
    }
  }

  /** Where the list is lost while all messages are received, nothing is missed. */
  function recordMark(): void {
    const mark = heartbeat.mark();
    if (mark !== undefined && heartbeat.countedSince() <= read.at) read = { ...read, mark };
  }

  function handle(text: string, onForget: (names: readonly UserIdentifier[]) => void): void {
    const message = receive(text, onForget);
    if (!message) return;
    if (isListening) receivedUntil = micros() ?? receivedUntil;
    const answer = encrypted({ id: message.id, from: replica });
    // The publisher then removes what this gateway may have written meanwhile.
    written()
      .then(() => connection.run('forget', (client) => client.publish(keys.acknowledged, answer)))
      .catch(() => {});
  }

  /** @returns `undefined` for messages of this gateway, and for all that are no messages. */
  function receive(text: string, onForget: (names: readonly UserIdentifier[]) => void): Message | undefined {
    const message = open(text);
    if (!message?.names || message.from === replica) return undefined;
    onForget(message.names);
    return message;
  }

  function acknowledge(text: string): void {
    const message = open(text);
    if (message) acknowledgements.get(message.id)?.add(message.from);
  }

  /** Acknowledgements too: write access to Redis alone must not be enough to acknowledge. */
  function encrypted(message: Message): string {
    return entry.encrypt(Buffer.from(JSON.stringify(message))).toString('base64');
  }

  /** @returns `undefined` for what was not encrypted with this secret. */
  function open(text: string): Message | undefined {
    const plain = entry.decrypt(Buffer.from(text, 'base64'));
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
