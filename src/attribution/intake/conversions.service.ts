// One conversion as its owner sees it: kinds and verdicts, never values.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DomainError, digestOfId, pseudonymousId } from '../../shared/index.js';
import { findConversion } from './intake.queries.js';
import { warningsOf } from './website-warnings.js';

@Injectable()
export class ConversionsService {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  async show(accountId: string, eventId: string, eventName: string | null) {
    const { manager } = this.database;
    // An event that named its own person has a digest for an id that looks like any other.
    const ids = [pseudonymousId(eventId), digestOfId(eventId)];
    const row = await findConversion(manager, accountId, ids, eventName);
    if (!row) {
      throw new DomainError(404, 'conversions.unknown', 'There is no conversion with this id.');
    }
    return {
      event_id: row.event_id,
      event_name: row.event_name,
      event_time: row.event_time.toISOString(),
      received_at: row.received_at.toISOString(),
      pixel_id: row.pixel_id === '' ? null : row.pixel_id,
      kind: row.kind,
      status: row.status,
      attempts: row.attempts,
      last_error: row.last_error,
      waits_for: row.waits_for,
      delivered_at: row.delivered_at?.toISOString() ?? null,
      fbtrace_id: row.fbtrace_id,
      test_event_code: row.test_event_code,
      match_keys: row.match_keys,
      fields: row.fields,
      warnings: warningsOf(row.fields),
      attributed:
        row.attributed_ad_id === null
          ? null
          : {
              ad_id: row.attributed_ad_id,
              method: row.attributed_method,
              confidence: row.attributed_confidence,
            },
    };
  }
}
