/**
 * One person of the sandbox: a row in the API's own field names ([doc], `user_id` and `name` [sdk]) and three facts which
 * decide who can be found. A field that is left out here is left out of the rows; `null` and `''` are answered as they are.
 */
export interface SandboxPerson {
  /** A string, never a number: the 19 digits of a user key do not fit into a JavaScript number. */
  readonly user_key: string;
  /** @default the user_key, as in the vendor's example [doc] */
  readonly username?: string | null;
  readonly email?: string | null;
  readonly name_cn?: string | null;
  readonly name_en?: string | null;
  readonly avatar_url?: string | null;
  /** Lark union id, `on_…` [doc]. */
  readonly out_id?: string | null;
  /** `activated`, `frozen` and `resigned` are the documented examples; any other text is answered too. */
  readonly status?: string | null;
  readonly user_id?: number | null;
  /** @default made of name_cn and name_en */
  readonly name?: PersonName | null;
  /** The saas_tenant_key of the person's tenant. @default the plugin's own tenant */
  readonly tenant_key?: string | null;
  /** Is the e-mail linked to Lark? One that is not finds nobody [doc]. @default true */
  readonly linked?: boolean | null;
  /** Is the person a collaborator of the plugin, that is: visible to a virtual token [doc]? @default true */
  readonly collaborator?: boolean | null;
}

export interface PersonName {
  readonly default?: string | null;
  readonly zh_cn?: string | null;
  readonly en_us?: string | null;
}

/** A person as the user query answers it: without the facts that only the sandbox knows. */
export type PersonRow = Omit<SandboxPerson, 'tenant_key' | 'linked' | 'collaborator'>;

export function toRow(person: SandboxPerson): PersonRow {
  const { user_key, tenant_key: _tenant, linked: _linked, collaborator: _collaborator, ...fields } = person;
  const name = nameOf(person);
  return { user_key, username: user_key, ...fields, ...(name === undefined ? {} : { name }) };
}

function nameOf({ name, name_cn, name_en }: SandboxPerson): PersonName | null | undefined {
  if (name !== undefined) return name;
  if (!name_cn && !name_en) return undefined;
  return { default: name_cn || name_en || '', zh_cn: name_cn ?? '', en_us: name_en ?? '' };
}
