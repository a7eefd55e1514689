// Dead letters back into the queue, within Meta's horizons.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { ReplayRequest } from './replay.dto.js';
import { DEDUP_HOURS } from './outbox.queries.js';

export interface Replayed {
  replayed: number;
  /** First sent more than 48 h ago: Meta might count them twice. */
  refused_dedup_window: number;
  /** Older than Meta takes. */
  expired: number;
}

@Injectable()
export class ReplayService {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  async replay(accountId: string, request: ReplayRequest): Promise<Replayed> {
    return this.database.transaction((manager) => replayDead(manager, accountId, request));
  }
}

async function replayDead(
  manager: EntityManager,
  accountId: string,
  request: ReplayRequest,
): Promise<Replayed> {
  const rows: Replayed[] = await manager.query(
    `with picked as (
       select received_at, id,
              case when expires_at <= now() then 'expired'
                   when coalesce(first_sent_at, received_at)
                        <= now() - interval '${DEDUP_HOURS} hours' and not $5 then 'refused'
                   else 'replayed' end as fate
         from conversions
        where account_id = $1 and status = 'dead'
          and ($2::timestamptz is null or received_at >= $2)
          and ($3::timestamptz is null or received_at < $3)
          and ($4::text is null or strpos(last_error, $4) > 0 or error_code = $4)
          for update),
     moved as (
       update conversions c
          set status = case when p.fate = 'expired' then 'expired' else 'queued' end,
              due_at = now(), failures = 0, doubtful_since = null,
              first_sent_at = case when $5 then null else c.first_sent_at end
         from picked p
        where c.account_id = $1 and c.received_at = p.received_at and c.id = p.id
          and p.fate <> 'refused')
     select count(*) filter (where fate = 'replayed')::int as replayed,
            count(*) filter (where fate = 'refused')::int as refused_dedup_window,
            count(*) filter (where fate = 'expired')::int as expired
       from picked`,
    [
      accountId,
      request.from ?? null,
      request.to ?? null,
      request.reason ?? null,
      request.override_dedup_window ?? false,
    ],
  );
  return rows[0] ?? { replayed: 0, refused_dedup_window: 0, expired: 0 };
}
