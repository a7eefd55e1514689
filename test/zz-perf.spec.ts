import { it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { adInput, createAccount } from './harness/accounts.js';
import { startTestServer } from './harness/server.js';
it('perf', async () => {
  const server = await startTestServer();
  const acc = await createAccount(server, 'p');
  const ads = Array.from({ length: 1000 }, (_, i) => adInput(`a${i}`));
  await server.as(acc.key, 'PUT', '/v1/ads', { ads });
  const changes = ads.map((a, i) => ({ idempotency_key: `k${i}`, ad_id: a.ad_id, change_type: 'budget', requested_value: 55 }));
  await server.as(acc.key, 'POST', '/v1/execution/changes', { changes });
  const { manager } = server.app.get(DataSource);
  const plan = await manager.query(`explain analyze         with due as (
          select distinct on (c.account_id, c.ad_id, c.change_type) c.account_id, c.id, c.created_at
            from pending_ad_changes c
           where c.status = 'pending'
             and (c.not_before is null or c.not_before <= now())
             and not (select is_paused from execution_switch)
             and not exists (
               select 1 from pending_ad_changes other
                where other.account_id = c.account_id and other.ad_id = c.ad_id
                  and other.change_type = c.change_type
                  and other.status in ('claimed', 'executing', 'unknown'))
           order by c.account_id, c.ad_id, c.change_type, c.created_at, c.id
        ), locked as (
          select c.account_id, c.id
            from pending_ad_changes c
            join due using (account_id, id)
           where c.status = 'pending'
           order by c.created_at, c.id
           limit 50
             for update of c skip locked
        )
        update pending_ad_changes c
           set status = 'claimed', fence = c.fence + 1, claimed_by = 'w',
               lease_until = now() + interval '25 seconds', updated_at = now(),
               not_before = null, blocked_by = null
          from locked
         where c.account_id = locked.account_id and c.id = locked.id
        returning c.*`);
  process.stderr.write(plan.map((r: Record<string, string>) => r['QUERY PLAN']).join('\n') + '\n');
  await server.close();
}, 120000);
