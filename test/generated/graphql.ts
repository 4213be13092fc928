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

export type UserCardFragment = { key: string, outId: string | null, email: string | null, name: string | null, nameCn: string | null, nameEn: string | null, avatarUrl: string | null, status: UserStatus };

export type UserQueryVariables = Exact<{
  key: string;
}>;


export type UserQuery = { user: { key: string, outId: string | null, email: string | null, name: string | null, nameCn: string | null, nameEn: string | null, avatarUrl: string | null, status: UserStatus } | null };

export type UserStatusQueryVariables = Exact<{
  key: string;
}>;


export type UserStatusQuery = { user: { status: UserStatus, statusText: string | null } | null };

export type UserNamesQueryVariables = Exact<{
  key: string;
}>;


export type UserNamesQuery = { user: { name: string | null, nameCn: string | null, nameEn: string | null, username: string | null, zh: string | null, en: string | null } | null };

export type UsersQueryVariables = Exact<{
  keys: Array<string> | string;
}>;


export type UsersQuery = { users: Array<{ key: string } | null> };

export type UsersByEmailQueryVariables = Exact<{
  emails: Array<string> | string;
  tenantKey?: string | null | undefined;
}>;


export type UsersByEmailQuery = { usersByEmail: Array<{ key: string, email: string | null } | null> };

export type UsersByOutIdQueryVariables = Exact<{
  outIds: Array<string> | string;
}>;


export type UsersByOutIdQuery = { usersByOutId: Array<{ key: string, outId: string | null } | null> };

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
  outId
  email
  name
  nameCn
  nameEn
  avatarUrl
  status
}
    `, {"fragmentName":"UserCard"}) as unknown as TypedDocumentString<UserCardFragment, unknown>;
export const UserDocument = new TypedDocumentString(`
    query User($key: ID!) {
  user(key: $key) {
    ...UserCard
  }
}
    fragment UserCard on User {
  key
  outId
  email
  name
  nameCn
  nameEn
  avatarUrl
  status
}`) as unknown as TypedDocumentString<UserQuery, UserQueryVariables>;
export const UserStatusDocument = new TypedDocumentString(`
    query UserStatus($key: ID!) {
  user(key: $key) {
    status
    statusText
  }
}
    `) as unknown as TypedDocumentString<UserStatusQuery, UserStatusQueryVariables>;
export const UserNamesDocument = new TypedDocumentString(`
    query UserNames($key: ID!) {
  user(key: $key) {
    name
    zh: name(locale: ZH_CN)
    en: name(locale: EN_US)
    nameCn
    nameEn
    username
  }
}
    `) as unknown as TypedDocumentString<UserNamesQuery, UserNamesQueryVariables>;
export const UsersDocument = new TypedDocumentString(`
    query Users($keys: [ID!]!) {
  users(keys: $keys) {
    key
  }
}
    `) as unknown as TypedDocumentString<UsersQuery, UsersQueryVariables>;
export const UsersByEmailDocument = new TypedDocumentString(`
    query UsersByEmail($emails: [String!]!, $tenantKey: ID) {
  usersByEmail(emails: $emails, tenantKey: $tenantKey) {
    key
    email
  }
}
    `) as unknown as TypedDocumentString<UsersByEmailQuery, UsersByEmailQueryVariables>;
export const UsersByOutIdDocument = new TypedDocumentString(`
    query UsersByOutId($outIds: [ID!]!) {
  usersByOutId(outIds: $outIds) {
    key
    outId
  }
}
    `) as unknown as TypedDocumentString<UsersByOutIdQuery, UsersByOutIdQueryVariables>;