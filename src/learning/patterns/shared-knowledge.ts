// What an account may know from the others: the prior of its rates, and how creatives like one of
// its own fare elsewhere. Made of published numbers alone; without any it says so and the shipped
// constants serve.
import { createHash } from 'node:crypto';
import type { BeliefPrior, PatternLift } from '../belief/prior.js';
import type { Metric } from './contribution.js';
import {
  featuresOf,
  featuresOfKey,
  patternKey,
  patternsOf,
  similarity,
  type Features,
} from './creative-features.js';
import { ANY_NICHE, ANY_PATTERN, type SharedNumber } from './published-number.js';
import {
  bySpecificity,
  interval,
  patternsFrom,
  placeOf,
  type RateInterval,
  type SharedPattern,
} from './shared-patterns.js';
import {
  betaPriorFrom,
  delayPriorFrom,
  priorFrom,
  type BetaPrior,
  type DelayPrior,
} from './shared-priors.js';

export interface SimilarPattern {
  features: Features;
  /** null = over all niches. */
  niche: string | null;
  /** Shared features over all features of both, 0 to 1; 1 where no features were asked for. */
  similarity: number;
  /** The creative has every feature of the pattern. */
  matches: boolean;
  /** Accounts behind it, rounded down to fives. */
  accounts: number;
  /** Factors on the account's own means; 1 where too few accounts know. */
  lift: Record<Metric, number>;
  ctr: RateInterval;
  cvr: RateInterval;
  /** Place of its conversions per impression among the patterns of the same niche, 0 to 1. */
  percentile: number;
}

export class SharedKnowledge {
  readonly prior: BeliefPrior;
  /** How long conversions take elsewhere: F0 of the account's delay curve. */
  readonly delay: DelayPrior;
  /** How sales go with clicks elsewhere; its β is that of `prior`. */
  readonly beta: BetaPrior;
  private readonly patterns: Map<string, SharedPattern>;
  private readonly standing: readonly SharedNumber[];
  /** Answers by the key of the features: an account's ads share few creatives. */
  private readonly found = new Map<string, SimilarPattern[]>();

  /** Published numbers of the account's niche and of all niches; others are passed over. */
  constructor(
    numbers: readonly SharedNumber[],
    readonly niche: string | null,
  ) {
    this.standing = numbers.filter(
      (number) => number.mean !== null && (number.niche === ANY_NICHE || number.niche === niche),
    );
    const overall = this.standing.filter(({ pattern }) => pattern === ANY_PATTERN);
    this.prior = priorFrom(overall);
    this.delay = delayPriorFrom(overall);
    this.beta = betaPriorFrom(overall);
    this.patterns = patternsFrom(this.standing.filter(({ pattern }) => pattern !== ANY_PATTERN));
  }

  /**
   * Equal versions give equal answers; an account that does not share has the version of nothing.
   */
  get version(): string {
    const told = [this.niche, this.standing];
    return createHash('sha256').update(JSON.stringify(told)).digest('base64url').slice(0, 22);
  }

  /**
   * Patterns that share a feature with the creative, the likest first; among equals the more
   * specific, the one of the own niche, the one with more accounts. `null` = all of them.
   */
  findSimilarPatterns(creative: Readonly<Record<string, unknown>> | null): SimilarPattern[] {
    const asked = creative === null ? null : featuresOf(creative);
    const key = asked === null ? ANY_PATTERN : `?${patternKey(asked)}`;
    const known = this.found.get(key) ?? this.similarTo(asked);
    this.found.set(key, known);
    return known;
  }

  private similarTo(asked: Features | null): SimilarPattern[] {
    const instances = new Set(asked === null ? [] : patternsOf(asked));
    return [...this.patterns.values()]
      .map((pattern) => ({
        pattern,
        likeness: asked === null ? 1 : similarity(asked, featuresOfKey(pattern.key)),
      }))
      .filter(({ likeness }) => likeness > 0)
      .sort(
        (left, right) =>
          right.likeness - left.likeness || bySpecificity(left.pattern, right.pattern),
      )
      .map(({ pattern, likeness }) =>
        this.shown(pattern, likeness, asked === null || instances.has(pattern.key)),
      );
  }

  /** The most specific pattern that the creative is an instance of; null = none is shared. */
  matchedPattern(creative: Readonly<Record<string, unknown>>): SimilarPattern | null {
    const found = patternsOf(featuresOf(creative))
      .flatMap((key) => [this.niche ?? ANY_NICHE, ANY_NICHE].map((niche) => placeOf(niche, key)))
      .flatMap((place) => this.patterns.get(place) ?? [])
      .sort(bySpecificity);
    return found[0] ? this.shown(found[0], 1, true) : null;
  }

  /** What the matched pattern does to the prior of an ad. */
  liftOf(creative: Readonly<Record<string, unknown>>): PatternLift | null {
    const matched = this.matchedPattern(creative);
    return matched && { ...matched.lift, accounts: matched.accounts };
  }

  private shown(pattern: SharedPattern, likeness: number, matches: boolean): SimilarPattern {
    const { ctr, cvr } = pattern.numbers;
    return {
      features: featuresOfKey(pattern.key),
      niche: pattern.niche === ANY_NICHE ? null : pattern.niche,
      similarity: likeness,
      matches,
      accounts: (cvr ?? ctr)?.accounts ?? 0,
      lift: { ctr: ctr?.mean ?? 1, cvr: cvr?.mean ?? 1 },
      ctr: interval(this.prior.ctr, ctr),
      cvr: interval(this.prior.cvr, cvr),
      percentile: pattern.percentile,
    };
  }
}
