// A database as the previous release left it: its schema, and rows of an account that was at work.
// Rows are written in SQL of that schema, so a migration that forgets what is there fails here.
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import { dataSourceOptions, type DatabaseAddress } from '../../src/shared/index.js';

/** The newest migration of that release; a landed migration never changes its number. */
const LAST_OF_RELEASE = 1795300000040;
const HOUR = "interval '1 hour'";

/** `now` is the instant at which the old server was stopped. */
export async function buildPreviousRelease(address: DatabaseAddress, now: Date): Promise<void> {
  const migrations = MIGRATIONS.filter(({ name }) => Number(name.slice(-13)) <= LAST_OF_RELEASE);
  const options = { ...dataSourceOptions(address, []), migrations };
  const old = await new DataSource(options).initialize();
  try {
    await old.runMigrations();
    for (const statement of ROWS) {
      await old.query(statement.replaceAll(':now', `'${now.toISOString()}'::timestamptz`));
    }
  } finally {
    await old.destroy();
  }
}

const ROWS = [
  `insert into accounts (account_id, name, niche, currency, timezone, conversion_events,
                         lead_events, conversion_source, settings)
   values ('acme', 'Acme', 'shoes', 'USD', 'America/New_York', '{Purchase}', '{Lead}', 'platform',
           '{"min_probability_better": 0, "kill_min_spend": 200, "half_life_days":
             {"ctr": 3, "cvr": 28}, "learning_phase": "move"}'),
          ('quiet', 'Quiet', null, 'JPY', 'Asia/Tokyo', '{Purchase}', '{Lead}', null, '{}')`,
  `insert into ads (account_id, ad_id, entity_type, campaign_id, name, status, daily_budget_minor,
                    started_at)
   select 'acme', 'ad' || n, 'adset', 'c' || n % 2, 'Ad ' || n,
          case when n = 4 then 'paused' else 'active' end, 5000, :now - interval '30 days'
     from generate_series(1, 4) n`,
  `select ensure_month_partition(partitioned, date_trunc('month', :now - ago * interval '1 month', 'UTC')::date)
     from unnest(array['metric_snapshots', 'ad_events', 'learned_events', 'conversions']) partitioned,
          generate_series(0, 1) ago`,
  `insert into metric_snapshots (account_id, ad_id, observed_at, impressions, clicks, spend_minor,
                                 conversions, revenue_minor, origin)
   select 'acme', 'ad' || n, :now - (120 - step) * 6 * ${HOUR}, step * 1000, step * 20 * n,
          step * 1500, step * n / 2, step * n * 2000, 'api'
     from generate_series(1, 3) n, generate_series(1, 119) step`,
  `insert into metric_days (account_id, ad_id, day, impressions, clicks, spend_minor, origin)
   select 'acme', 'ad4', (:now)::date - day, 500, 10, 700, 'import' from generate_series(1, 20) day`,
  `insert into ad_event_digests (account_id, event_digest, content_digest, occurred_at)
   select 'acme', md5('e' || n)::uuid, md5('c' || n)::uuid, :now - ${HOUR}
     from generate_series(1, 50) n`,
  `insert into ad_events (account_id, ad_id, occurred_at, event_digest, event_id, type, count)
   select 'acme', 'ad1', :now - ${HOUR}, md5('e' || n)::uuid, 'e' || n, 'click', 1
     from generate_series(1, 50) n`,
  `insert into ad_evidence (account_id, ad_id, cohort_at, lag, impressions, clicks, conversions,
                            valued_conversions, value_minor, last_at, told)
   values ('acme', 'ad1', date_bin('6 hours', :now - ${HOUR}, 'epoch'), -1, 0, 0, 0, 0, 0,
           :now - ${HOUR}, 50),
          ('acme', 'ad1', date_bin('6 hours', :now - ${HOUR}, 'epoch'), 0, 0, 0, 2, 2, 9000,
           :now - ${HOUR}, 2)`,
  `insert into clicks (account_id, click_id, ad_id, landed_at)
   select 'acme', 'click' || n, 'ad2', :now - ${HOUR} from generate_series(1, 5) n`,
  `insert into conversions (account_id, received_at, id, pixel_id, event_name, event_id, event_time,
                            kind, payload, fields, match_keys, touch_keys, utm_ids, status,
                            value_minor, due_at, expires_at)
   values ('acme', :now - ${HOUR}, md5('conversion')::uuid, '123', 'Purchase', 'order-1',
           :now - ${HOUR}, 'conversion', '{}', '[]', '{em}', '{}', '{}', 'queued', 4200,
           :now + interval '1 day', :now + interval '6 days')`,
  `insert into account_plans (account_id, plan, updated_by, updated_at)
   values ('acme', '{"scopes": [{"scope_id": "all", "campaign_ids": "all", "daily_budget": 150,
                                 "mode": "shadow"}]}', 'admin', :now)`,
  `insert into sampling_decisions (account_id, decision_id, policy, policy_version, as_of, seed,
                                   total_budget_minor, inputs, answer, created_by)
   values ('acme', 'd_old', 'value', '1', :now - ${HOUR}, 7, 15000, '{"ads": []}',
           '{"decision_id": "d_old", "recommendations": []}', 'admin')`,
  `insert into pending_ad_changes (account_id, id, idempotency_key, content_digest, ad_id,
                                   campaign_id, change_type, requested_minor, current_minor, origin,
                                   requested_by, status)
   values ('acme', 'change-1', 'key-1', decode(md5('x') || md5('y'), 'hex'), 'ad1', 'c1', 'budget',
           5500, 5000, 'manual', 'admin', 'pending')`,
  `insert into job_runs (run_id, name, trigger, status, error, holder, term, started_at,
                         finished_at)
   values (md5('run')::uuid, 'metrics', 'cron', 'failed', 'the token is dead', 'gone', 1, :now, :now)`,
  `insert into drift_events (account_id, detected_at, scope, before, after, ad_id, changed_at, keep,
                             rate)
   values ('acme', :now - ${HOUR}, 'ad:ad1', 0.04, 0.02, 'ad1', :now - 5 * ${HOUR}, 0.5, 'ctr')`,
];
