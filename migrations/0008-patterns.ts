import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What accounts teach each other: published numbers only, with their history, and the secret. */
export class Patterns1795300000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // No account stands here: the rows are what may leave, and five accounts are behind each.
    await runner.query(`
      create table shared_patterns (
        metric text not null check (metric in ('ctr', 'cvr')),
        niche text not null check (char_length(niche) <= 100),
        pattern text not null check (char_length(pattern) <= 400),
        refreshed_at timestamptz not null,
        accounts integer check (accounts >= 5),
        mean double precision check (mean > 0),
        strength double precision check (strength > 0),
        account_strength double precision check (account_strength > 0),
        spread double precision check (spread > 0),
        primary key (niche, pattern, metric, refreshed_at),
        constraint shared_pattern_withdrawn_whole check ((accounts is null) = (mean is null)),
        constraint shared_pattern_rate_or_lift check (
          case when accounts is null then num_nonnulls(strength, account_strength, spread) = 0
               when pattern = '' then num_nonnulls(strength, account_strength) = 2
                                      and spread is null
               else num_nonnulls(strength, account_strength) = 0 and spread is not null end)
      )`);
    // The factors that hide contributions hang on it; it must outlive every restart and never change.
    await runner.query(`
      create table shared_pattern_secret (
        single_row boolean primary key default true check (single_row),
        secret text not null
      )`);
    await runner.query(`
      insert into shared_pattern_secret (secret)
      values (gen_random_uuid()::text || gen_random_uuid()::text)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table shared_pattern_secret');
    await runner.query('drop table shared_patterns');
  }
}
