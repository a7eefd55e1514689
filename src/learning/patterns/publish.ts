// Which numbers the cross-learner publishes after a look at every contribution, and which of them
// may change now: a number changes at most once a day, one that fell below the floor goes at once
// and comes back a day later at the earliest.
import { MILLIS_PER_HOUR } from '../../shared/time.js';
import { METRICS, type Contribution, type Metric } from './contribution.js';
import type { SecretDraw } from './privacy.js';
import {
  ANY_NICHE,
  ANY_PATTERN,
  WITHDRAWN,
  betaOf,
  delayOf,
  keyOf,
  liftOf,
  rateOf,
  type PublishedNumber,
  type SharedMetric,
  type SharedNumber,
} from './published-number.js';
import { shareLift, shareRate } from './shared-rates.js';
import { shareBeta, shareDelay } from './shared-shapes.js';

/** A daily job runs a little early now and then; an hour of grace keeps it from losing a day. */
const REFRESH_HOURS = 23;

/** All numbers at or above the floor; near ones keep their published value. */
export function sharedNumbers(
  contributions: readonly Contribution[],
  secret: SecretDraw,
  published: readonly PublishedNumber[],
): SharedNumber[] {
  const before = new Map(published.map((number) => [keyOf(number), number]));
  const niches = new Map<string, Contribution[]>([[ANY_NICHE, [...contributions]]]);
  for (const contribution of contributions) {
    if (contribution.niche === null) continue;
    const known = niches.get(contribution.niche);
    if (known) known.push(contribution);
    else niches.set(contribution.niche, [contribution]);
  }
  return [...niches].flatMap(([niche, members]) => [
    ...METRICS.flatMap((metric) => numbersOf(metric, niche, members, secret, before)),
    ...shapeNumbers(niche, members, secret, before),
  ]);
}

/** The rows to add to the history of published numbers at `now`. */
export function changesDue(
  computed: readonly SharedNumber[],
  published: readonly PublishedNumber[],
  now: Date,
): SharedNumber[] {
  const before = new Map(published.map((number) => [keyOf(number), number]));
  const kept = new Set(computed.map(keyOf));
  const changed = computed.filter((number) => {
    const known = before.get(keyOf(number));
    if (!known) return true;
    const age = now.getTime() - known.refreshedAt.getTime();
    return age >= REFRESH_HOURS * MILLIS_PER_HOUR && differs(number, known);
  });
  const withdrawn = published
    .filter((number) => number.accounts !== null && !kept.has(keyOf(number)))
    .filter(({ refreshedAt }) => refreshedAt < now)
    .map(({ metric, niche, pattern }) => ({ metric, niche, pattern, ...WITHDRAWN }));
  return [...changed, ...withdrawn];
}

function numbersOf(
  metric: Metric,
  niche: string,
  members: readonly Contribution[],
  secret: SecretDraw,
  before: ReadonlyMap<string, PublishedNumber>,
): SharedNumber[] {
  const place = (pattern: string) => ({ metric, niche, pattern, ...WITHDRAWN });
  const rate = shareRate(
    metric,
    members.flatMap(({ rates }) => rates[metric] ?? []),
    secret,
    rateOf(before.get(keyOf(place(ANY_PATTERN)))),
  );
  const patterns = new Set(members.flatMap(({ lifts }) => [...lifts[metric].keys()]));
  const lifts = [...patterns].sort().flatMap((pattern) => {
    // The same secret in every niche: several niches must not average it away.
    const lift = shareLift(
      `${metric} ${pattern}`,
      members.flatMap((member) => member.lifts[metric].get(pattern) ?? []),
      secret,
      liftOf(before.get(keyOf(place(pattern)))),
    );
    return lift
      ? [{ ...place(pattern), accounts: lift.accounts, mean: lift.lift, spread: lift.spread }]
      : [];
  });
  return rate ? [{ ...place(ANY_PATTERN), ...rate }, ...lifts] : lifts;
}

function shapeNumbers(
  niche: string,
  members: readonly Contribution[],
  secret: SecretDraw,
  before: ReadonlyMap<string, PublishedNumber>,
): SharedNumber[] {
  const place = (metric: SharedMetric): SharedNumber => ({
    ...{ metric, niche, pattern: ANY_PATTERN },
    ...WITHDRAWN,
  });
  const known = (metric: SharedMetric) => before.get(keyOf(place(metric)));
  const delays = members.flatMap((member) => member.delay ?? []);
  const betas = members.flatMap((member) => member.beta ?? []);
  const delay = shareDelay(delays, secret, delayOf(known('delay')));
  const beta = shareBeta(betas, secret, betaOf(known('beta')));
  const numbers: SharedNumber[] = [];
  if (delay) {
    const { accounts, medianHours, sigma } = delay;
    numbers.push({ ...place('delay'), accounts, mean: medianHours, spread: sigma });
  }
  if (beta) numbers.push({ ...place('beta'), accounts: beta.accounts, mean: beta.beta });
  return numbers;
}

function differs(left: SharedNumber, right: SharedNumber): boolean {
  return (['accounts', 'mean', 'strength', 'accountStrength', 'spread'] as const).some(
    (name) => left[name] !== right[name],
  );
}
