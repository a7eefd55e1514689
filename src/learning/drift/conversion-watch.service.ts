// Watches the conversion rate of every arm, whoever reports its conversions. What a belief forgets
// is asked of its evidence each time; the first decision of a six-hour cohort also keeps what is
// proven as a fact, to be shown and counted. So a belief never depends on who looked before.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { COHORT_MS } from '../belief/cohorts.js';
import type { DelayCurve } from '../belief/delay.js';
import type { AdEvidence } from '../belief/posterior.js';
import { conversionChange } from './conversion-change.js';
import {
  keepDrifts,
  lastLook,
  readDriftRecords,
  takeLook,
  type DriftFact,
} from './drift.queries.js';

/** A look at all arms of an account, one after the other. */
export interface ConversionLook {
  see(ad: AdEvidence, delay: DelayCurve): void;
  /** Keeps what was proven. */
  keep(): Promise<void>;
}

@Injectable()
export class ConversionWatch {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /**
   * Begins to look at what the evidence proves as of `asOf`; null when that cohort or a later one
   * was looked at already.
   */
  async look(accountId: string, asOf: Date): Promise<ConversionLook | null> {
    const { manager } = this.database;
    const cohort = new Date(Math.floor(asOf.getTime() / COHORT_MS) * COHORT_MS);
    const last = await lastLook(manager, accountId);
    if (last !== null && last >= cohort) return null;
    const judged = await this.judgedUntil(manager, accountId, asOf);
    const found: DriftFact[] = [];
    return {
      see: (ad, delay) => {
        const { adId } = ad;
        const change = conversionChange(ad, delay, asOf.getTime(), judged.get(adId));
        if (change) found.push({ adId, rate: 'cvr', detectedAt: asOf.getTime(), ...change });
      },
      keep: () =>
        this.database.transaction(async (own) => {
          // Two who look at once: the second waits here and then finds that it was done.
          if (await takeLook(own, accountId, cohort)) await keepDrifts(own, accountId, found);
        }),
    };
  }

  /** By arm: the beginning of its present regime. */
  private async judgedUntil(
    manager: EntityManager,
    accountId: string,
    asOf: Date,
  ): Promise<Map<string, number>> {
    const known = await readDriftRecords(manager, accountId, 'cvr', new Date(0), asOf);
    return new Map(
      known.sort((left, right) => left.at - right.at).map(({ adId, at }) => [adId, at]),
    );
  }
}
