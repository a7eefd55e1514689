// Asks the platform to check writes that it is not to carry out (`validate_only`): before a write
// in live mode, instead of one in shadow mode. A question changes nothing, so it costs no attempt.
import { Injectable } from '@nestjs/common';
import { PlatformError } from '../../shared/index.js';
import type { AccountPass, Candidate } from './account-pass.js';
import { AdObjects } from '../objects/ad-objects.service.js';

/** What the platform says to a change: it would take it, or why not; null = it cannot be asked. */
export type Opinion = 'takes' | PlatformError | null;

@Injectable()
export class Validation {
  constructor(private readonly objects: AdObjects) {}

  /** One opinion per candidate, in one call. */
  async of(candidates: readonly Candidate[], { account }: AccountPass): Promise<Opinion[]> {
    const asked = candidates.filter(({ before }) => before.image.source === 'platform');
    if (asked.length === 0 || !this.objects.validates(account)) return candidates.map(() => null);
    const ask = await this.objects.writer(account);
    const answers = await ask(
      asked.map(({ change }) => change),
      { validateOnly: true },
    );
    const opinions = new Map(
      asked.map(({ change }, index): [string, Opinion] => {
        const answer = answers[index] ?? new PlatformError('transient', 'no answer');
        return [change.id, answer instanceof PlatformError ? answer : 'takes'];
      }),
    );
    return candidates.map(({ change }) => opinions.get(change.id) ?? null);
  }
}

/** The opinion in the words of a shadowed change. */
export function opinionWords(opinion: Opinion): string {
  if (opinion === null) return '';
  if (opinion === 'takes') return '; the platform would have taken it';
  const isRefusal = opinion.kind === 'invalid' || opinion.kind === 'permission';
  const verb = isRefusal ? 'would have refused it' : 'could not be asked to check it';
  return `; the platform ${verb}: ${opinion.message}`;
}
