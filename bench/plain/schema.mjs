import SchemaBuilder from '@pothos/core';

/**
 * @typedef {import('./user-api.mjs').Row} Row
 * @typedef {{ Context: { users: import('./loaders.mjs').Loaders }, Scalars: { ID: { Input: string, Output: string } } }} Types
 */

/** @type {PothosSchemaTypes.SchemaBuilder<PothosSchemaTypes.ExtendDefaultTypes<Types>>} */
const builder = new SchemaBuilder({});

const UserStatus = builder.enumType('UserStatus', {
  values: {
    ACTIVATED: { value: 'activated' },
    FROZEN: { value: 'frozen' },
    RESIGNED: { value: 'resigned' },
    UNKNOWN: { value: 'unknown' },
  },
});

const UserNameLocale = builder.enumType('UserNameLocale', {
  values: { ZH_CN: { value: 'zh_cn' }, EN_US: { value: 'en_us' } },
});

const User = /** @type {typeof builder.objectRef<Row>} */ (builder.objectRef.bind(builder))('User').implement({
  fields: (t) => ({
    key: t.id({ nullable: false, resolve: (row) => row.user_key }),
    outId: t.id({ nullable: true, resolve: (row) => row.out_id || null }),
    username: t.string({ nullable: true, resolve: (row) => row.username || null }),
    email: t.string({ nullable: true, resolve: (row) => row.email || null }),
    name: t.string({
      nullable: true,
      args: { locale: t.arg({ type: UserNameLocale }) },
      resolve: (row, { locale }) => row.name?.[locale ?? 'default'] || row.name_cn || row.name_en || null,
    }),
    nameCn: t.string({ nullable: true, resolve: (row) => row.name_cn || null }),
    nameEn: t.string({ nullable: true, resolve: (row) => row.name_en || null }),
    avatarUrl: t.string({ nullable: true, resolve: (row) => row.avatar_url || null }),
    status: t.field({
      type: UserStatus,
      nullable: false,
      resolve: ({ status }) => (['activated', 'frozen', 'resigned'].includes(status) ? status : 'unknown'),
    }),
    statusText: t.string({ nullable: true, resolve: (row) => row.status || null }),
  }),
});

builder.queryType({
  fields: (t) => ({
    user: t.field({
      type: User,
      nullable: true,
      args: { key: t.arg.id({ required: true }) },
      resolve: (_, { key }, { users }) => users.byKey.load(key),
    }),
    users: t.field({
      type: [User],
      nullable: { list: false, items: true },
      args: { keys: t.arg.idList({ required: true }) },
      resolve: (_, { keys }, { users }) => keys.map((key) => users.byKey.load(key)),
    }),
    usersByEmail: t.field({
      type: [User],
      nullable: { list: false, items: true },
      args: { emails: t.arg.stringList({ required: true }), tenantKey: t.arg.id() },
      resolve: (_, { emails, tenantKey }, { users }) => emails.map((email) => users.byEmail(tenantKey).load(email)),
    }),
    usersByOutId: t.field({
      type: [User],
      nullable: { list: false, items: true },
      args: { outIds: t.arg.idList({ required: true }) },
      resolve: (_, { outIds }, { users }) => outIds.map((outId) => users.byOutId.load(outId)),
    }),
  }),
});

export const schema = builder.toSchema();
