import { GatewayError } from '../../errors.ts';
import { loadAsked } from '../asked-people.ts';
import type { Builder, PeopleContext } from '../builder.ts';
import type { defineUser } from '../user.ts';
import { askedEntities } from './asked-entities.ts';
import type { SubgraphSdl } from './sdl.ts';
import { selectedFields } from './selected-fields.ts';

export interface SubgraphOptions {
  /** What `_service` and `_sdl` tell, asked when they are; `undefined` where they tell nothing. */
  readonly sdl: (() => SubgraphSdl) | undefined;
  /** Looks nobody up of whom a query wants only what the representation tells already. It may name somebody who does not exist. */
  readonly trustsReferences: boolean;
}

/**
 * What gateways ask to put this schema together with others: `_entities` and `_service` of Apollo Federation, `_sdl` of schema
 * stitching. Of our own, since @apollo/subgraph pulls in a package under the Elastic licence, answers a representation of an
 * unknown type with no data at all, and writes into the objects that it is given.
 */
export function defineSubgraph(builder: Builder, User: ReturnType<typeof defineUser>, options: SubgraphOptions): void {
  const Any = builder.scalarType('_Any', {
    description:
      'A representation: what another service knows of a person, `{ __typename: "User", key: "7000000000000000001" }`.',
    serialize: (value) => value,
    parseValue: (value) => value,
  });
  const Entity = builder.unionType('_Entity', { types: [User], resolveType: () => 'User' });
  const Service = builder.objectRef<SubgraphSdl>('_Service').implement({
    fields: (t) => ({ sdl: t.string({ nullable: false, resolve: ({ federation }) => federation }) }),
  });

  const entities = (
    { representations }: { representations: readonly unknown[] },
    context: PeopleContext,
    wanted: () => ReadonlySet<string>,
  ) => askedEntities(representations, context, options.trustsReferences ? wanted() : undefined);

  builder.queryFields((t) => ({
    _entities: t.field({
      type: [Entity],
      nullable: { list: false, items: true },
      description:
        'For supergraphs: people by what other services know of them, `key`, `outId` or `email`. One entry for each representation: `null` for people not found; one that is malformed or fails is `null` with an error at its own path.',
      args: { representations: t.arg({ type: [Any], required: true }) },
      extensions: {
        asksFor: entities,
        countIdentifiers: ({ representations }) => (representations as unknown[]).length,
      },
      resolve: (_, args, context, info) =>
        loadAsked(
          entities(args, context, () => selectedFields(info)),
          context,
        ),
    }),
    _service: t.field({
      type: Service,
      nullable: false,
      description: 'For supergraphs: the schema with the directives of Apollo Federation 2.',
      resolve: () => options.sdl?.() ?? hidden(),
    }),
    _sdl: t.string({
      nullable: false,
      description: 'For supergraphs: the schema with the directives of schema stitching.',
      resolve: () => (options.sdl?.() ?? hidden()).stitching,
    }),
  }));
}

function hidden(): never {
  throw new GatewayError(
    'FORBIDDEN',
    'This gateway does not tell its schema: take it from the package, or set SUBGRAPH_SDL.',
  );
}
