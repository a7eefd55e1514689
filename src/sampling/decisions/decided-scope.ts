/** `live` carries the decision out, `approve` asks a person first, null only records it. */
export type ApplyMode = 'live' | 'approve';

/** Which scope of a plan a decision is about; a local day has one of each. */
export interface DecidedScope {
  scopeId: string;
  /** YYYY-MM-DD of the account. */
  localDay: string;
}
