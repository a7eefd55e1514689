// Delays and coupling of a niche as published numbers, and back.
import type { Contribution } from './contribution.js';
import type { SecretDraw } from './privacy.js';
import {
  ANY_PATTERN,
  WITHDRAWN,
  keyOf,
  type PublishedNumber,
  type SharedMetric,
  type SharedNumber,
} from './published-number.js';
import { shareBeta, shareDelay, type SharedBeta, type SharedDelay } from './shared-shapes.js';

export function shapeNumbers(
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

export function delayOf(number: SharedNumber | undefined): SharedDelay | null {
  const { accounts, mean, spread } = number ?? WITHDRAWN;
  return accounts === null || mean === null || spread === null
    ? null
    : { accounts, medianHours: mean, sigma: spread };
}

export function betaOf(number: SharedNumber | undefined): SharedBeta | null {
  const { accounts, mean } = number ?? WITHDRAWN;
  return accounts === null || mean === null ? null : { accounts, beta: mean };
}
