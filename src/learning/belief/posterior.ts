// The shapes in which learning hands its beliefs to sampling: posteriors, not point estimates.

/**
 * What one six-hour (or one-day) cohort of an ad's clicks has brought. Counts; money in minor
 * units.
 */
export interface Cohort {
  /** Start of the cohort, Unix milliseconds. */
  at: number;
  impressions: number;
  clicks: number;
  spendMinor: number;
  /** Credited to the cohort of the click they came from. null = nobody reports conversions. */
  conversions: number | null;
  revenueMinor: number | null;
  /** Share of its conversions that came before anybody counted them: they are not among these. */
  missed?: number;
  /** Counts of before the first dated observation: matured, undiscounted, `at` is no birth. */
  undated?: boolean;
}

/** Everything known of one ad when its belief is formed. */
export interface AdEvidence {
  adId: string;
  campaignId: string;
  /** Ascending in time. */
  cohorts: Cohort[];
  /** Clicks without any date: they count as matured and undiscounted. */
  undated: boolean;
}

/** Gamma(shape, rate), the conjugate posterior of a rate under Poisson counts. Mean shape/rate. */
export interface GammaPosterior {
  shape: number;
  rate: number;
}

/** Value of one conversion in minor units; log-normal noise around the mean (bandits: value). */
interface ValuePosterior {
  mean: number;
  logSd: number;
}

/** Marginal cost of a thousand-fold fewer: minor units per impression at spend b is c·(1 + b/s). */
export interface ResponsePosterior {
  /** Minor units per impression of the first unit of money. */
  cost: number;
  costLogSd: number;
  /** Saturation scale s in minor units per day: where the marginal cost has doubled. */
  saturation: number;
  saturationLo: number;
  saturationHi: number;
}

export interface ArmPosterior {
  adId: string;
  ctr: GammaPosterior;
  cvr: GammaPosterior;
  value: ValuePosterior;
  response: ResponsePosterior;
  /** Raw, undiscounted evidence. */
  evidence: {
    impressions: number;
    clicks: number;
    spendMinor: number;
    conversions: number | null;
    revenueMinor: number | null;
    maturedClicks: number;
  };
}
