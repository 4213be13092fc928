/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Whether a user can sign in to Lark. */
export type UserStatus =
  /** The user can sign in. */
  | 'ACTIVATED'
  /** The account is suspended. */
  | 'FROZEN'
  /** The user has left. */
  | 'RESIGNED'
  /** A status that this gateway does not know, or none. `User.statusText` has the value of Lark. */
  | 'UNKNOWN';

export type PeopleQueryVariables = Exact<{
  keys: Array<string> | string;
  emails: Array<string> | string;
  outIds: Array<string> | string;
}>;


export type PeopleQuery = { users: Array<{ key: string, email: string | null, nameCn: string | null, nameEn: string | null, avatarUrl: string | null, status: UserStatus } | null>, usersByEmail: Array<{ key: string, email: string | null, nameCn: string | null, nameEn: string | null, avatarUrl: string | null, status: UserStatus } | null>, usersByOutId: Array<{ key: string, email: string | null, nameCn: string | null, nameEn: string | null, avatarUrl: string | null, status: UserStatus } | null> };

export type UserCardFragment = { key: string, email: string | null, nameCn: string | null, nameEn: string | null, avatarUrl: string | null, status: UserStatus };

export type UsersByEmailQueryVariables = Exact<{
  emails: Array<string> | string;
  tenantKey?: string | null | undefined;
}>;


export type UsersByEmailQuery = { usersByEmail: Array<{ key: string, email: string | null, nameCn: string | null, nameEn: string | null, avatarUrl: string | null, status: UserStatus } | null> };

export type UsersByKeyQueryVariables = Exact<{
  keys: Array<string> | string;
}>;


export type UsersByKeyQuery = { users: Array<{ key: string, email: string | null, nameCn: string | null, nameEn: string | null, avatarUrl: string | null, status: UserStatus } | null> };

export type UsersByOutIdQueryVariables = Exact<{
  outIds: Array<string> | string;
}>;


export type UsersByOutIdQuery = { usersByOutId: Array<{ key: string, email: string | null, nameCn: string | null, nameEn: string | null, avatarUrl: string | null, status: UserStatus } | null> };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const UserCardFragmentDoc = new TypedDocumentString(`
    fragment UserCard on User {
  key
  email
  nameCn
  nameEn
  avatarUrl
  status
}
    `, {"fragmentName":"UserCard"}) as unknown as TypedDocumentString<UserCardFragment, unknown>;
export const PeopleDocument = new TypedDocumentString(`
    query People($keys: [ID!]!, $emails: [String!]!, $outIds: [ID!]!) {
  users(keys: $keys) {
    ...UserCard
  }
  usersByEmail(emails: $emails) {
    ...UserCard
  }
  usersByOutId(outIds: $outIds) {
    ...UserCard
  }
}
    fragment UserCard on User {
  key
  email
  nameCn
  nameEn
  avatarUrl
  status
}`, {"hash":"sha256:35f8c86579cdc9d45ce4427cf7e6175f017fa4611789ab8b9e1f561820b9fe18"}) as unknown as TypedDocumentString<PeopleQuery, PeopleQueryVariables>;
export const UsersByEmailDocument = new TypedDocumentString(`
    query UsersByEmail($emails: [String!]!, $tenantKey: ID) {
  usersByEmail(emails: $emails, tenantKey: $tenantKey) {
    ...UserCard
  }
}
    fragment UserCard on User {
  key
  email
  nameCn
  nameEn
  avatarUrl
  status
}`, {"hash":"sha256:b356c9fd0cedce7ef6e87c19182b1a47add5e817d3b811f3cbb5dff46b567852"}) as unknown as TypedDocumentString<UsersByEmailQuery, UsersByEmailQueryVariables>;
export const UsersByKeyDocument = new TypedDocumentString(`
    query UsersByKey($keys: [ID!]!) {
  users(keys: $keys) {
    ...UserCard
  }
}
    fragment UserCard on User {
  key
  email
  nameCn
  nameEn
  avatarUrl
  status
}`, {"hash":"sha256:f5e34cbae71119396285c065ad8425c3b672da3caa6bd7a107d7fd37460829d1"}) as unknown as TypedDocumentString<UsersByKeyQuery, UsersByKeyQueryVariables>;
export const UsersByOutIdDocument = new TypedDocumentString(`
    query UsersByOutId($outIds: [ID!]!) {
  usersByOutId(outIds: $outIds) {
    ...UserCard
  }
}
    fragment UserCard on User {
  key
  email
  nameCn
  nameEn
  avatarUrl
  status
}`, {"hash":"sha256:d3dbedc8a3f648e480ce6dcc634a462d0f183c3c75ee30c045c54eb707c6d9e4"}) as unknown as TypedDocumentString<UsersByOutIdQuery, UsersByOutIdQueryVariables>;