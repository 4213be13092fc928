import { GatewayError } from '../../errors.ts';
import type { Builder, UserContext } from '../builder.ts';
import { loadUsers } from '../requested-users.ts';
import type { defineUser } from '../user.ts';
import { requestedEntities } from './requested-entities.ts';
import type { SubgraphSdl } from './sdl.ts';
import { selectedFields } from './selected-fields.ts';

export interface SubgraphOptions {
  /** The SDL of `_service` and `_sdl`, printed on demand; `undefined` where it is hidden. */
  readonly sdl: (() => SubgraphSdl) | undefined;
  /** Skips the lookup where a query selects only fields that the representation has. The user may not exist. */
  readonly trustsReferences: boolean;
}

/**
 * The fields for supergraphs: `_entities` and `_service` of Apollo Federation, `_sdl` of schema stitching. Not from @apollo/subgraph: it
 * pulls in a package under the Elastic licence, fails the whole response for one representation of an unknown type, and mutates its
 * arguments.
 */
export function defineSubgraph(builder: Builder, User: ReturnType<typeof defineUser>, options: SubgraphOptions): void {
  const Any = builder.scalarType('_Any', {
    description:
      'A representation: the key fields of a user that another service refers to, for example `{ __typename: "User", key: "7000000000000000001" }`.',
    serialize: (value) => value,
    parseValue: (value) => value,
  });
  const Entity = builder.unionType('_Entity', { types: [User], resolveType: () => 'User' });
  const Service = builder.objectRef<SubgraphSdl>('_Service').implement({
    fields: (t) => ({ sdl: t.string({ nullable: false, resolve: ({ federation }) => federation }) }),
  });

  const entities = (
    { representations }: { representations: readonly unknown[] },
    context: UserContext,
    wanted: () => ReadonlySet<string>,
  ) => requestedEntities(representations, context, options.trustsReferences ? wanted() : undefined);

  builder.queryFields((t) => ({
    _entities: t.field({
      type: [Entity],
      nullable: { list: false, items: true },
      description:
        'For supergraphs: users by the key fields that other services refer to them by, `key`, `outId` or `email`. One entry for each representation: `null` for users not found; a malformed or failed one is `null` with an error at its own path.',
      args: { representations: t.arg({ type: [Any], required: true }) },
      extensions: {
        requestedUsers: entities,
        countIdentifiers: ({ representations }) => (representations as unknown[]).length,
      },
      resolve: (_, args, context, info) =>
        loadUsers(
          entities(args, context, () => selectedFields(info)),
          context,
        ),
    }),
    _service: t.field({
      type: Service,
      nullable: false,
      description: 'For supergraphs: the SDL with the directives of Apollo Federation 2.',
      resolve: () => options.sdl?.() ?? hidden(),
    }),
    _sdl: t.string({
      nullable: false,
      description: 'For supergraphs: the SDL with the directives of schema stitching.',
      resolve: () => (options.sdl?.() ?? hidden()).stitching,
    }),
  }));
}

function hidden(): never {
  throw new GatewayError(
    'FORBIDDEN',
    'This gateway does not serve its SDL. Use the schema file of the package, or set SUBGRAPH_SDL.',
  );
}
