/** Redis, or Valkey, which gateways share: the quota of the user API, the plugin token, people, and the limits of callers. */
export interface RedisOptions {
  /**
   * `redis://user:password@host:6379/0`; `rediss://…` for TLS; `redis+sentinel://host:26379,host:26379/name`;
   * `redis+cluster://host:6379,host:6379`. The same with `valkey` in place of `redis`.
   */
  url: string;
  /** Begins every key. @default lark-user-gateway: */
  keyPrefix?: string | undefined;
  /** How long a command may take before it is done without, in milliseconds. @default 20 */
  timeoutMs?: number | undefined;
  /**
   * What people and the token are encrypted with in Redis, and their keys are made from: the same for all gateways.
   * @default the plugin's secret; needed with the identity `caller`
   */
  encryptionKey?: string | undefined;
  /** How many gateways there are, for when Redis is away. @default as many as there were of late */
  replicasHint?: number | undefined;
  /** How many gateways there are at the least, this one included: those of one machine know of each other. @default 1 */
  leastReplicas?: number | undefined;
}
