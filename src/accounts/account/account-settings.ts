// What an account may tune. Defaults are the contract's.
import { RETENTION_DAYS, type RetentionDays } from '../../shared/history.js';

export interface AccountSettings {
  /** A proposed split below this P(better) is not proposed; 0 = no gate. */
  min_probability_better: number;
  /** Major units an ad must have spent before the blended policy may pause it. */
  kill_min_spend: number;
  /** Half-lives of forgetting, days. */
  half_life_days: { ctr: number; cvr: number };
  /** How long rows of each kind stay, days. */
  retention_days: RetentionDays;
}

export const DEFAULT_SETTINGS: AccountSettings = {
  min_probability_better: 0,
  kill_min_spend: 200,
  half_life_days: { ctr: 3, cvr: 28 },
  retention_days: { ...RETENTION_DAYS },
};

type Grouped = 'half_life_days' | 'retention_days';
type SettingsChange = Partial<Omit<AccountSettings, Grouped>> & {
  [G in Grouped]?: Partial<AccountSettings[G]>;
};

/** What is not named stays, inside groups too. */
export function withSettings(current: AccountSettings, change: SettingsChange): AccountSettings {
  return {
    ...current,
    ...change,
    half_life_days: { ...current.half_life_days, ...change.half_life_days },
    retention_days: { ...current.retention_days, ...change.retention_days },
  };
}
