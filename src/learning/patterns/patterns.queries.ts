// Set-based statements on the published numbers of the cross-learner.
import type { EntityManager } from 'typeorm';
import type { PublishedNumber, SharedNumber } from './published-number.js';

/**
 * The newest row of every number as of an instant; `niches` null = all. Withdrawn ones included.
 */
export async function publishedNumbers(
  manager: EntityManager,
  asOf: Date,
  niches: string[] | null,
): Promise<PublishedNumber[]> {
  return manager.query(
    `select distinct on (niche, pattern, metric)
            metric, niche, pattern, refreshed_at as "refreshedAt", accounts, mean, strength,
            account_strength as "accountStrength", spread
       from shared_patterns
      where refreshed_at <= $1 and ($2::text[] is null or niche = any ($2))
      order by niche, pattern, metric, refreshed_at desc`,
    [asOf, niches],
  );
}

/** Adds to the history; a number that another process published at this instant stays. */
export async function publishNumbers(
  manager: EntityManager,
  now: Date,
  numbers: readonly SharedNumber[],
): Promise<void> {
  const column = <K extends keyof SharedNumber>(name: K) => numbers.map((number) => number[name]);
  await manager.query(
    `insert into shared_patterns (refreshed_at, metric, niche, pattern, accounts, mean, strength,
                                  account_strength, spread)
     select $1, n.*
       from unnest($2::text[], $3::text[], $4::text[], $5::integer[], $6::float8[], $7::float8[],
                   $8::float8[], $9::float8[]) n
     on conflict do nothing`,
    [
      now,
      column('metric'),
      column('niche'),
      column('pattern'),
      column('accounts'),
      column('mean'),
      column('strength'),
      column('accountStrength'),
      column('spread'),
    ],
  );
}

/** Made once by the migration. */
export async function patternSecret(manager: EntityManager): Promise<string> {
  const rows: { secret: string }[] = await manager.query(
    'select secret from shared_pattern_secret where single_row',
  );
  const secret = rows[0]?.secret;
  if (secret === undefined) throw new Error('the secret of the shared patterns is missing');
  return secret;
}
