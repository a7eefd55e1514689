// What an account may tune. Defaults are the contract's.

export interface AccountSettings {
  /** A proposed split below this P(better) is not proposed; 0 = no gate. */
  min_probability_better: number;
  /** Major units an ad must have spent before the blended policy may pause it. */
  kill_min_spend: number;
  /** Half-lives of forgetting, days. */
  half_life_days: { ctr: number; cvr: number };
}

export const DEFAULT_SETTINGS: AccountSettings = {
  min_probability_better: 0,
  kill_min_spend: 200,
  half_life_days: { ctr: 3, cvr: 28 },
};

export type SettingsChange = Partial<Omit<AccountSettings, 'half_life_days'>> & {
  half_life_days?: Partial<AccountSettings['half_life_days']>;
};

export function withSettings(current: AccountSettings, change: SettingsChange): AccountSettings {
  return {
    ...current,
    ...change,
    half_life_days: { ...current.half_life_days, ...change.half_life_days },
  };
}
