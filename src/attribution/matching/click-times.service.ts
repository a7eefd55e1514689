// When clicks happened, for a later room: learning places conversions that name a click into the
// cohort of that click. New clicks wait in `click_news` until it has asked for them.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { findClicks, accountsWithNews, takeNews } from './touches.queries.js';

export interface ClickTime {
  clickId: string;
  occurredAt: Date;
}

@Injectable()
export class ClickTimes {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Of the given clicks those that were told, as this transaction sees them. */
  async of(manager: EntityManager, accountId: string, clickIds: string[]): Promise<ClickTime[]> {
    const clicks = await findClicks(manager, accountId, clickIds);
    return clicks.map(({ clickId, landedAt }) => ({ clickId, occurredAt: landedAt }));
  }

  /** The accounts (all, or only one) with clicks that nobody has taken yet. */
  async withNews(only: string | null): Promise<string[]> {
    return accountsWithNews(this.database.manager, only);
  }

  /** Takes at most `limit` ids of new clicks out; they are heard of once, if the caller commits. */
  async takeNews(manager: EntityManager, accountId: string, limit: number): Promise<string[]> {
    return takeNews(manager, accountId, limit);
  }
}
