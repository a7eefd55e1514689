import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is believed of content and of reply targets: weight maps, one active per account. */
export class Learning1795300000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table learning_model_weights (
        account_id text not null references accounts,
        version bigint not null check (version > 0),
        is_active boolean not null default false,
        sample_size bigint not null check (sample_size >= 0),
        window_days integer not null check (window_days > 0),
        features jsonb not null check (jsonb_typeof(features) = 'object'),
        created_at timestamptz not null default now(),
        primary key (account_id, version)
      )`);
    await runner.query(`
      create unique index learning_model_weights_one_active
        on learning_model_weights (account_id) where is_active`);
    await runner.query(`
      create table discovered_accounts (
        account_id text not null references accounts,
        username text not null check (char_length(username) between 1 and 128),
        priority_score double precision,
        reply_performance_score double precision,
        replies bigint not null default 0 check (replies >= 0),
        standard_error double precision check (standard_error >= 0),
        last_successful_reply_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (account_id, username)
      )`);
    await runner.query(`
      create index discovered_accounts_by_priority
        on discovered_accounts (account_id, priority_score desc nulls last, username)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table discovered_accounts');
    await runner.query('drop table learning_model_weights');
  }
}
