export interface JwtOptions {
  /** Where the issuer publishes its keys. Fetched when first needed, kept for 10 minutes, and for a day while it cannot be fetched; at most one fetch in 10 seconds. */
  readonly jwksUrl: string;
  /** `iss` must equal it. */
  readonly issuer: string;
  /** `aud` must hold it. */
  readonly audience: string;
  /** Signatures that are accepted. @default RS256, PS256, ES256, EdDSA */
  readonly algorithms?: readonly string[] | undefined;
  /** How far clocks may differ, in seconds. @default 5 */
  readonly clockToleranceSeconds?: number | undefined;
}

/** Never `none`, and none with a shared secret: the gateway only ever holds public keys. */
export const ASYMMETRIC_ALGORITHMS: ReadonlySet<string> = new Set(
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' '),
);
