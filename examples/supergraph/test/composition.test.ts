import { readFileSync } from 'node:fs';
import { composeServices as composeWithApollo } from '@apollo/composition';
import { composeServices as composeWithGuild } from '@theguild/federation-composition';
import { federateSubgraphs, ROUTER_COMPATIBILITY_VERSION_ONE } from '@wundergraph/composition';
import { buildSchema, type GraphQLSchema, isEnumType, isObjectType, parse, print } from 'graphql';
import { describe, expect, it } from 'vitest';
import { COMMENT_SUBGRAPHS, sdlOf } from '../comments/service.mjs';

const USERS = readFileSync(new URL('../../../schema.federation.graphql', import.meta.url), 'utf8');

interface Composed {
  readonly errors: readonly unknown[];
  /** What the composer has to say beside, as codes or texts. `undefined` where it says nothing of that kind. */
  readonly hints: readonly string[] | undefined;
  readonly supergraph: string;
}

interface Service {
  readonly name: string;
  readonly url: string;
  readonly typeDefs: ReturnType<typeof parse>;
}

const COMPOSERS: Record<string, (services: Service[]) => Composed> = {
  '@apollo/composition': (services) => {
    const { errors, hints, supergraphSdl } = composeWithApollo(services);
    return {
      errors: errors ?? [],
      hints: hints?.map(({ definition }) => definition.code),
      supergraph: supergraphSdl ?? '',
    };
  },
  '@theguild/federation-composition': (services) => {
    const { errors, supergraphSdl } = composeWithGuild(services);
    return { errors: errors ?? [], hints: undefined, supergraph: supergraphSdl ?? '' };
  },
  '@wundergraph/composition': (services) => {
    const subgraphs = services.map(({ name, url, typeDefs }) => ({ name, url, definitions: typeDefs }));
    const result = federateSubgraphs({ subgraphs, version: ROUTER_COMPATIBILITY_VERSION_ONE });
    return {
      errors: result.success ? [] : result.errors,
      hints: result.warnings.map(({ message }) => message),
      supergraph: result.success ? print(result.federatedGraphAST) : '',
    };
  },
};

/** Our subgraph and three that refer to people: by key, by e-mail, by out id. */
const services = (users = USERS): Service[] => [
  { name: 'users', url: 'http://users.test/graphql', typeDefs: parse(users) },
  ...COMMENT_SUBGRAPHS.map((name) => ({
    name,
    url: `http://comments.test/${name}`,
    typeDefs: parse(sdlOf(name, 'federation')),
  })),
];

/** The descriptions of a type and of its fields. */
function descriptionsOf(schema: GraphQLSchema, name: string) {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new TypeError(`Expected an object type ${name}.`);
  const fields = Object.values(type.getFields()).map((field) => [field.name, field.description] as const);
  return { type: type.description, fields: Object.fromEntries(fields) };
}
const enumValues = (type: unknown) => (isEnumType(type) ? type.getValues().map(({ name }) => name) : []);
const readLeniently = (sdl: string) => buildSchema(sdl, { assumeValidSDL: true });

describe.each(Object.entries(COMPOSERS))('%s', (_name, compose) => {
  it('composes the users with subgraphs that refer to people by key, e-mail and out id: no error, no hint', () => {
    const { errors, hints = [] } = compose(services());
    expect({ errors, hints }).toEqual({ errors: [], hints: [] });
  });

  it('composes with a subgraph that has an enum Locale of its own, taken as an argument', () => {
    const sdl = 'type Query { pages(locale: Locale!): [String!]! } enum Locale { DE FR }';
    const other = { name: 'pages', url: 'http://pages.test', typeDefs: parse(sdl) };
    const { errors, supergraph } = compose([...services(), other]);
    expect(errors).toEqual([]);
    const enums = readLeniently(supergraph).getTypeMap();
    expect(enumValues(enums.Locale)).toEqual(['DE', 'FR']);
    expect(enumValues(enums.UserNameLocale)).toEqual(['ZH_CN', 'EN_US']);
  });

  it('composes with a subgraph that has an enum UserStatus of its own, answered only: the supergraph has the values of both', () => {
    const sdl = 'type Query { me: UserStatus } enum UserStatus { ONLINE ACTIVATED }';
    const other = { name: 'chat', url: 'http://chat.test', typeDefs: parse(sdl) };
    const { errors, supergraph } = compose([...services(), other]);
    expect(errors).toEqual([]);
    const values = enumValues(readLeniently(supergraph).getTypeMap().UserStatus);
    expect(values.toSorted()).toEqual(['ACTIVATED', 'FROZEN', 'ONLINE', 'RESIGNED', 'UNKNOWN']);
  });

  it.each([
    ['a field of Query that this one has', 'type Query { user(id: ID!): String }'],
    [
      'a field of User that this one has',
      'type Query { me: User } type User @key(fields: "uid") { uid: ID! name: String }',
    ],
    [
      'an enum UserStatus that is taken as an argument',
      'type Query { ids(is: UserStatus): [ID] } enum UserStatus { ON }',
    ],
  ])('refuses a subgraph with %s', (_what, sdl) => {
    const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])';
    const other = { name: 'other', url: 'http://other.test', typeDefs: parse(`${link} ${sdl}`) };
    expect(compose([...services(), other]).errors).not.toEqual([]);
  });

  it('composes with a subgraph whose stub says key: ID!, and key is nullable in the supergraph', () => {
    const strict = services().map((service) =>
      service.name === 'comments'
        ? { ...service, typeDefs: parse(print(service.typeDefs).replace(/key: ID$/m, 'key: ID!')) }
        : service,
    );
    expect(print(strict[1]?.typeDefs ?? parse('{ a }'))).toContain('key: ID!');
    const { errors, supergraph } = compose(strict);
    expect(errors).toEqual([]);
    const { User } = readLeniently(supergraph).getTypeMap();
    expect(isObjectType(User) && String(User.getFields().key?.type)).toBe('ID');
  });

  it('keeps every description of a person', () => {
    const ours = descriptionsOf(readLeniently(USERS), 'User');
    expect(ours.fields).toMatchObject({ status: expect.stringContaining('UNKNOWN') });
    expect(descriptionsOf(readLeniently(compose(services()).supergraph), 'User')).toEqual(ours);
  });

  it('a tag put on a field of the subgraph survives', () => {
    const tagged = USERS.replace(/^ {2}avatarUrl: String$/m, '$& @tag(name: "public")');
    expect(tagged).not.toBe(USERS);
    const { errors, supergraph } = compose(services(tagged));
    expect(errors).toEqual([]);
    expect(supergraph).toMatch(/avatarUrl: String[^\n]* @tag\(name: "public"\)/);
  });

  it('refuses a subgraph that refers to people by something that is no key', () => {
    const wrong = parse(
      'type Query { a: User } type User @key(fields: "nameEn", resolvable: false) { nameEn: String }',
    );
    const { errors } = compose([...services(), { name: 'wrong', url: 'http://wrong.test', typeDefs: wrong }]);
    expect(errors).not.toEqual([]);
  });
});

describe('a stub with a description of its own', () => {
  it('is hinted at by Apollo as INCONSISTENT_DESCRIPTION', () => {
    const described = services().map((service) =>
      service.name === 'comments'
        ? {
            ...service,
            typeDefs: parse(sdlOf('comments', 'federation').replace('type User', '"Somebody."\ntype User')),
          }
        : service,
    );
    expect(COMPOSERS['@apollo/composition']?.(described)).toMatchObject({
      errors: [],
      hints: ['INCONSISTENT_DESCRIPTION'],
    });
  });
});
