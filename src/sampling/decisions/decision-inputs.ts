// What goes into a decision, whoever asks for it: a person, the plan, the sandbox's clock.
import type { Account } from '../../accounts/index.js';
import { toMinor } from '../../shared/money.js';
import type { AllocationAd } from '../split/allocation-types.js';
import { conversionUnit } from '../split/conversion-unit.js';
import type { DecisionInputs } from './decision-answer.js';

export interface AskedDecision {
  asOf: Date;
  seed: number;
  totalMinor: number;
  /** null = no limit. */
  maxStepPct: number | null;
  /** Whether revenue is known; without it conversions stand for value. */
  valueKnown: boolean;
  ads: AllocationAd[];
}

export function decisionInputs(
  { currency, settings }: Pick<Account, 'currency' | 'settings'>,
  { asOf, seed, totalMinor, maxStepPct, valueKnown, ads }: AskedDecision,
): DecisionInputs {
  return {
    allocation: {
      asOf: asOf.getTime(),
      seed,
      totalMinor,
      maxStepPct,
      killMinSpendMinor: toMinor(settings.kill_min_spend, currency),
      conversionsAsValue: valueKnown ? null : conversionUnit(currency),
      ads,
    },
    currency,
    maxStepPct,
    minProbabilityBetter: settings.min_probability_better,
  };
}
