interface KindFields {
  /** The list of identifiers in the body of `POST /open_api/user/query`. */
  readonly body: string;
  /** The field of a row that holds the identifier. */
  readonly row: string;
  /** What the plugin needs permission to read, for that field. */
  readonly permission: string;
  /** One such identifier, in messages. */
  readonly noun: string;
}

/** What users are looked up by, each a field of `LarkUser`. One call takes identifiers of one kind. */
export const KIND_FIELDS = {
  key: { body: 'user_keys', row: 'user_key', permission: 'user keys', noun: 'a user key' },
  outId: { body: 'out_ids', row: 'out_id', permission: 'union ids', noun: 'an out id' },
  email: { body: 'emails', row: 'email', permission: 'e-mail addresses', noun: 'an e-mail address' },
} as const satisfies Record<string, KindFields>;

export type LookupKind = keyof typeof KIND_FIELDS;

export const LOOKUP_KINDS = Object.keys(KIND_FIELDS) as readonly LookupKind[];

/** One value for each kind. */
export const byKind = <Value>(create: (kind: LookupKind) => Value): Readonly<Record<LookupKind, Value>> =>
  Object.fromEntries(LOOKUP_KINDS.map((kind) => [kind, create(kind)])) as Record<LookupKind, Value>;
