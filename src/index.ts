export type { Directory, LookupRequest } from './directory/directory.ts';
export type { ForgetChannel, ForgetEverywhere, ForgottenEverywhere } from './directory/forget.ts';
export type { UserIdentifier } from './directory/identifiers.ts';
export type { LookupResult } from './directory/lookup.ts';
export type { Forgotten } from './directory/user-store.ts';
export { type ErrorCode, type Failure, failures, GatewayError, type UpstreamTrace } from './errors.ts';
export { createGateway, type Gateway, type GatewayMetrics } from './gateway.ts';
export type { GatewayOptions } from './gateway-options.ts';
export type { ApiKey } from './http/callers/api-keys.ts';
export type { AuthOptions } from './http/callers/authentication.ts';
export type { JwtOptions } from './http/callers/jwt.ts';
export type { TrustedDocuments } from './http/documents/trusted-documents.ts';
export { createServer } from './http/server.ts';
export type { LookupKind } from './lookup-kinds.ts';
export type { RedisOptions } from './redis/redis-options.ts';
export {
  type Fault,
  type FaultSpec,
  FaultSpecError,
  loadPeople,
  type RawReply,
  type ReceivedCall,
  type Reply,
  type Sandbox,
  type SandboxCall,
  type SandboxFaults,
  type SandboxOptions,
  type SandboxPerson,
  startSandbox,
} from './sandbox/sandbox.ts';
export type { GatewayEvent, Telemetry } from './telemetry/events.ts';
export type { LogEntry, LogFields, LogLevel, LogOptions } from './telemetry/log.ts';
export type { LarkUser } from './upstream/lark-user.ts';
