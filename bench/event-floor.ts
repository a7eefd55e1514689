// What the database alone asks for an event that counts once and is counted: the same rows into the
// tables that cannot be left out (digests, events, the journal of evidence and of what ads wait
// with), in one transaction of three hand-written statements. No HTTP, no checks, no look-ups, no
// model, and no folding of the journal.
import { createHash } from 'node:crypto';
import pg from 'pg';

const COHORT = 21_600_000;

export interface FloorEvent {
  event_id: string;
  ad_id: string;
  type: string;
  count?: number;
  occurred_at: string;
  click_id?: string;
  features?: object;
}

/** Events per second by as many connections as there are `senders`. */
export async function floorRate(
  databaseUrl: string,
  seconds: number,
  senders: { account: string; next: () => FloorEvent[] }[],
): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: senders.length });
  const since = performance.now();
  const until = since + seconds * 1000;
  let stored = 0;
  await Promise.all(
    senders.map(async ({ account, next }) => {
      const client = await pool.connect();
      let position = 0;
      while (performance.now() < until) {
        const events = next();
        position += 1;
        await client.query('begin');
        await client.query(INSERT, [account, ...insertColumns(events)]);
        const ads = countsOf(events);
        await client.query(COUNT, [account, position, ...ads.slice(0, 4)]);
        await client.query('commit');
        stored += events.length;
      }
      client.release();
    }),
  );
  const rate = (stored * 1000) / (performance.now() - since);
  await pool.end();
  return rate;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function insertColumns(events: FloorEvent[]): unknown[] {
  return [
    events.map(({ event_id: id }) => digest(id)),
    events.map((event) => digest(JSON.stringify(event))),
    events.map(({ event_id: id }) => id),
    events.map(({ ad_id: id }) => id),
    events.map(({ type }) => type),
    events.map(({ count }) => count ?? 1),
    events.map(({ occurred_at: at }) => at),
    events.map(({ click_id: id }) => id ?? null),
    events.map(({ features }) => (features ? JSON.stringify(features) : null)),
  ];
}

function countsOf(events: FloorEvent[]) {
  const ads = new Map<string, { impressions: number; clicks: number; last: string }>();
  for (const { ad_id: adId, type, count = 1, occurred_at: last } of events) {
    const sum = ads.get(adId) ?? { impressions: 0, clicks: 0, last };
    if (type === 'impression') sum.impressions += count;
    else if (type === 'click') sum.clicks += count;
    ads.set(adId, { ...sum, last });
  }
  const sums = [...ads.values()];
  const cohort = ({ last }: { last: string }) =>
    new Date(Math.floor((Date.parse(last) - 1) / COHORT) * COHORT);
  return [
    [...ads.keys()],
    sums.map(cohort),
    sums.map(({ impressions }) => impressions),
    sums.map(({ clicks }) => clicks),
    sums.map(({ last }) => Date.parse(last)),
  ] as const;
}

const INSERT = `
  with given as (
    select * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                         $8::timestamptz[], $9::text[], $10::jsonb[])
      as g (event_digest, content_digest, event_id, ad_id, type, count, occurred_at, click_id,
            features)
  ), fresh as (
    insert into ad_event_digests (account_id, event_digest, content_digest, occurred_at)
    select $1, event_digest, content_digest, occurred_at from given order by event_digest
    on conflict do nothing returning event_digest
  )
  insert into ad_events (account_id, event_digest, event_id, ad_id, type, count, occurred_at,
                         click_id, features)
  select $1, event_digest, event_id, ad_id, type, count, occurred_at, click_id, features
    from given join fresh using (event_digest)`;

const COUNT = `
  insert into evidence_journal (account_id, position, ad_ids, cohorts_at, lags, impressions, clicks,
                                conversions, valued_conversions, values_minor, told, lasts_at)
  select $1, $2, $3::text[], $4::timestamptz[], array_fill(-1::smallint, n), $5::bigint[],
         $6::bigint[], array_fill(0::bigint, n), array_fill(0::bigint, n),
         array_fill(0::bigint, n), $5::bigint[], $4::timestamptz[]
    from (select array[cardinality($3::text[])] as n) c`;
