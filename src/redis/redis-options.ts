/** Redis or Valkey, through which gateways share the rate limit of the user API, the plugin token, cached users and callers' limits. */
export interface RedisOptions {
  /**
   * `redis://user:password@host:6379/0`; `rediss://…` for TLS; `redis+sentinel://host:26379,host:26379/name`;
   * `redis+cluster://host:6379,host:6379`. The same with `valkey` in place of `redis`.
   */
  url: string;
  /** Prefix of every key. @default lark-user-gateway: */
  keyPrefix?: string | undefined;
  /** Timeout of a command, in milliseconds; the gateway then continues without it. @default 20 */
  timeoutMs?: number | undefined;
  /**
   * Secret for the encryption of users and the token in Redis, and for the names of their keys: the same for all gateways.
   * @default the plugin secret; required with the identity `caller`
   */
  encryptionKey?: string | undefined;
  /** Number of gateways, used while Redis is away. @default the number of recent heartbeats */
  replicasHint?: number | undefined;
  /** Minimum number of gateways, this one included: those of one machine know of each other. @default 1 */
  leastReplicas?: number | undefined;
}
