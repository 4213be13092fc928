interface ImportMetaEnv {
  /** Where the gateway is, as seen from the page. Another site than the page's own has to list it in `CORS_ORIGINS`. @default '/graphql' */
  readonly VITE_GATEWAY?: string;
  /** `true` names documents by their hash, for a gateway with `TRUSTED_DOCUMENTS`. @default sends their text */
  readonly VITE_TRUSTED_DOCUMENTS?: string;
  /** Identifiers that the page offers to fill in. @default none, without the button */
  readonly VITE_EXAMPLE?: string;
}
