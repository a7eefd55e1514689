import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an ad waits with is a few numbers of its own: they change with nearly every event, while the
 * detector behind them is read and written only when impressions have found their clicks.
 */
export class LeanWatches1795300000014 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  // Unix milliseconds, as the detectors count time. A detector is null until it has seen something.
  `alter table drift_detectors
     add column waiting_since bigint,
     add column waiting_until bigint,
     add column waiting_impressions bigint check (waiting_impressions >= 0),
     add column waiting_clicks bigint check (waiting_clicks >= 0),
     add column newest_at bigint`,
  'alter table drift_detectors rename column state to detector',
  'alter table drift_detectors alter column detector drop not null',
  `update drift_detectors
      set waiting_since = (detector -> 'waiting' ->> 'since')::float8,
          waiting_until = (detector -> 'waiting' ->> 'until')::float8,
          waiting_impressions = (detector -> 'waiting' ->> 'impressions')::float8,
          waiting_clicks = (detector -> 'waiting' ->> 'clicks')::float8,
          newest_at = (detector ->> 'newestAt')::float8,
          detector = case when detector #> '{detector,segments}' = '[]' then null
                          else detector -> 'detector' end`,
  `alter table drift_detectors
     alter column newest_at set not null,
     add constraint drift_detectors_waiting_is_whole check (
       num_nulls(waiting_since, waiting_until, waiting_impressions, waiting_clicks) in (0, 4))`,
];

const DOWN = [
  'alter table drift_detectors drop constraint drift_detectors_waiting_is_whole',
  `update drift_detectors
      set detector = jsonb_build_object(
        'detector', coalesce(detector, '{"adwin": {"rows": [[]], "width": 0, "total": 0,
          "deviation": 0, "ticks": 0, "detections": 0, "spent": false}, "segments": [],
          "pending": {"clicks": 0, "impressions": 0, "expected": 0}, "clicks": 0, "drifts": 0}'),
        'waiting', case when waiting_since is null then 'null'::jsonb else jsonb_build_object(
          'since', waiting_since, 'until', waiting_until,
          'impressions', waiting_impressions, 'clicks', waiting_clicks) end,
        'newestAt', newest_at)`,
  'alter table drift_detectors alter column detector set not null',
  'alter table drift_detectors rename column detector to state',
  `alter table drift_detectors
     drop column waiting_since, drop column waiting_until, drop column waiting_impressions,
     drop column waiting_clicks, drop column newest_at`,
];
