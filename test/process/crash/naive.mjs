// The worker that everybody writes first, to show that the crash test can fail: it claims like the
// real one, believes what it is answered, repeats what it does not understand, frees claims by time
// alone, and completes by id without asking whether the claim is still its own.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const HELD = 200;
const PER_CALL = 20;
const LEASE_SECONDS = 5;
const { DATABASE_URL, META_GRAPH_URL, META_ACCESS_TOKEN } = process.env;
const IMAGE = '{"status": "active", "dailyBudgetMinor": null, "source": "platform"}';

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 2 });
pool.on('error', () => undefined);

const FREE_LAPSED = `
  update pending_ad_changes set status = 'pending', claimed_by = null, lease_until = null
   where status in ('claimed', 'executing') and lease_until < now()`;
const CLAIM = `
  with claimed as (select * from claim_pending_ad_changes_batch($1, ${HELD}))
  select * from claimed order by created_at, id`;
const SHORTEN = `
  update pending_ad_changes set lease_until = now() + interval '${LEASE_SECONDS} seconds'
   where claimed_by = $1 and status = 'claimed'`;
const FINISH = `
  update pending_ad_changes c
     set status = d.status, attempts = c.attempts + 1, claimed_by = null, lease_until = null,
         before_image = $4, before_at = now(), after_image = $4, effective_at = now(),
         finished_at = case d.status when 'completed' then now() end
    from unnest($1::text[], $2::text[], $3::text[]) d (account_id, id, status)
   where c.account_id = d.account_id and c.id = d.id
     and c.status not in ('completed', 'superseded', 'cancelled')`;

async function written(changes) {
  const batch = changes.map((change) => ({
    method: 'POST',
    relative_url: change.ad_id,
    body: `daily_budget=${change.requested_minor}`,
  }));
  const response = await fetch(`${META_GRAPH_URL}/v25.0/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${META_ACCESS_TOKEN}` },
    body: new URLSearchParams({ batch: JSON.stringify(batch) }),
  });
  const items = JSON.parse(await response.text());
  return changes.map((_, index) =>
    items[index]?.body?.includes('"success":true') ? 'completed' : 'pending',
  );
}

async function work() {
  await pool.query(FREE_LAPSED);
  const worker = `naive ${process.pid}`;
  const { rows } = await pool.query(CLAIM, [worker]);
  await pool.query(SHORTEN, [worker]);
  for (let start = 0; start < rows.length; start += PER_CALL) {
    const changes = rows.slice(start, start + PER_CALL);
    const states = await written(changes).catch(() => changes.map(() => 'pending'));
    await pool.query(FINISH, [
      changes.map((change) => change.account_id),
      changes.map((change) => change.id),
      states,
      IMAGE,
    ]);
  }
  if (rows.length === 0) await sleep(300);
}

process.stdout.write('naive worker ready\n');
for (;;) await work().catch(() => sleep(300));
