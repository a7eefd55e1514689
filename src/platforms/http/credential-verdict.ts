/** What a platform said of credentials when they were stored. */
export interface CredentialVerdict {
  /**
   * `not_reached`: nobody knows, the platform could not be asked. `not_asked`: nothing of ours uses
   * them yet, or the account is simulated.
   */
  outcome: 'accepted' | 'refused' | 'not_reached' | 'not_asked';
  /** One or two sentences, without a secret. */
  detail: string;
  /** In the platform's words; left out when it does not say. */
  permissions?: string[];
}
