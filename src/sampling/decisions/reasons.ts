// Why a budget moves, in plain words with the numbers that mattered. Amounts of money are left out:
// a share or a value per 1.0 spent reads the same in every currency.
import type {
  Action,
  AllocationAd,
  ConversionsAsValue,
  Interval,
} from '../split/allocation-types.js';
import type { Bounds, Limit } from '../split/constraints.js';
import { percent, plain } from '../split/plain-numbers.js';

export interface ReasonFacts {
  ad: AllocationAd;
  action: Action;
  changePct: number | null;
  share: number;
  /** Its part of the money as it stands; null where some budget is not known or there is none. */
  shareNow: number | null;
  /** The total against what the ads have now; null where that is not known or nothing. */
  totalChange: number | null;
  /** What the policy wanted before limits, minor units. */
  targetMinor: number;
  recommendedMinor: number;
  bounds: Bounds;
  maxStepPct: number | null;
  marginal: Interval;
  /** Mean value of the account's marginal unit of money. */
  accountMarginal: number;
  explores: boolean;
  conversionsAsValue: ConversionsAsValue | null;
  /** A fixed rule's own words. */
  verdict: string | null;
}

export function reasonFor(facts: ReasonFacts): string {
  const { marginal, accountMarginal, verdict, explores } = facts;
  const unit = facts.conversionsAsValue;
  const scale = unit ? unit.perMinor / unit.valueMinor : 1;
  const said = (value: number) => plain(value * scale);
  const earning =
    (unit ? `The next ${unit.perMajor} spent here bring ` : 'The next 1.0 spent here earns ') +
    `${said(marginal.mean)}${unit ? ' conversions' : ''} (80 % interval ${said(marginal.lo)}–` +
    `${said(marginal.hi)}) against ${said(accountMarginal)} for the account's marginal unit.`;
  const sentences = [
    verdict,
    earning,
    `${evidenceOf(facts.ad)}.`,
    moveOf(facts),
    explores ? EXPLORES[facts.action === 'scale' ? 'moved' : 'kept'] : '',
  ];
  return sentences.filter(Boolean).join(' ');
}

function evidenceOf({ totals, posterior }: AllocationAd): string {
  const { conversions, clicks, maturedClicks } = posterior.evidence;
  if (totals.impressions === 0 && clicks === 0) return 'No delivery yet: the prior speaks alone';
  if (conversions === null) {
    return `No conversions are reported for its ${counted(clicks, 'click')}`;
  }
  const matured = Math.min(maturedClicks, clicks);
  const young = clicks - matured >= 1 ? `, ${plain(matured)} of them matured` : '';
  return `${counted(conversions, 'conversion')} from ${counted(clicks, 'click')} behind it${young}`;
}

/** A split can explore by what it gives an ad, and by what it leaves to it. */
const EXPLORES = {
  moved: 'This move explores: it may cost a little today to learn what the ad is worth.',
  kept:
    'It keeps more than its numbers alone would leave it. That explores: it may cost a little ' +
    'today to learn what the ad is worth.',
};

function moveOf(facts: ReasonFacts): string {
  const { action, changePct } = facts;
  const wanted = wantedOf(facts);
  const limit = limitOf(facts);
  if (action === 'pause') return `Paused: ${wanted}.`;
  if (action === 'hold') return limit ? `Held: ${limit}.` : `Held: ${wanted}.`;
  const verb = action === 'scale' ? 'Raised' : 'Reduced';
  const by = changePct === null ? '' : ` ${plain(Math.abs(changePct))} %`;
  return limit ? `${verb}${by}: ${wanted}; ${limit}.` : `${verb}${by}: ${wanted}.`;
}

/** Where the part of the money alone would say the opposite, the total is what moved the budget. */
function wantedOf({ action, share, shareNow, totalChange }: ReasonFacts): string {
  const wanted = `the policy wants ${percent(share)} of the money here`;
  if (shareNow === null) return wanted;
  const now = `${wanted} (now ${percent(shareNow)})`;
  const size = totalChange === null ? null : percent(Math.abs(totalChange));
  if (action === 'reduce' && share >= shareNow && totalChange !== null && totalChange < 0) {
    return `${now} of a total that is ${size} smaller than what the ads have`;
  }
  if (action === 'scale' && share <= shareNow && totalChange !== null && totalChange > 0) {
    return `${now} of a total that is ${size} larger than what the ads have`;
  }
  return now;
}

function limitOf(facts: ReasonFacts): string | null {
  const { bounds, recommendedMinor, targetMinor, maxStepPct, ad } = facts;
  const above = recommendedMinor === bounds.hi && targetMinor > bounds.hi;
  const below = recommendedMinor === bounds.lo && targetMinor < bounds.lo;
  const limit = above ? bounds.hiBy : below ? bounds.loBy : null;
  if (limit === 'step') {
    const capped = `capped at ${above ? '+' : '−'}${maxStepPct} %`;
    if (ad.minMinor !== null && bounds.hi < ad.minMinor) {
      return `its floor is more than one step away, it is ${capped} and gets there step by step`;
    }
    if (ad.maxMinor !== null && bounds.lo > ad.maxMinor) {
      return `its ceiling is more than one step away, it is ${capped} and gets there step by step`;
    }
    return capped;
  }
  return limit && LIMIT_WORDS[limit];
}

const LIMIT_WORDS: Record<Exclude<Limit, 'step'>, string> = {
  floor: 'held up by its floor',
  ceiling: 'held down by its ceiling',
  velocity: 'limited by how far a budget may move within a week',
  learning: 'the platform is still learning to deliver it and an edit would restart that',
  paused: 'switched off by the rule above',
  rule: 'raised by the rule above',
  locked: 'its budget is locked',
  unsure: 'no move of it is as sure as the plan asks for',
};

function counted(count: number, noun: string): string {
  return `${plain(count)} ${noun}${count === 1 ? '' : 's'}`;
}
