// Watches the conversion rate of every arm, whoever reports its conversions. What a belief forgets
// is asked of its evidence each time; the first belief of a six-hour cohort also keeps what is
// proven as a fact, to be shown and counted. So a belief never depends on who looked before.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { COHORT_MS } from '../belief/cohorts.js';
import type { DelayCurve } from '../belief/delay.js';
import type { AdEvidence } from '../belief/posterior.js';
import { conversionChange, conversionChanges } from './conversion-change.js';
import { keepDrifts, lastLook, readDriftRecords, takeLook } from './drift.queries.js';
import type { DriftRecord } from '../belief/forget.js';

@Injectable()
export class ConversionWatch {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** What beliefs as of `asOf` have to forget. */
  ofArms(ads: readonly AdEvidence[], delay: DelayCurve, asOf: Date): DriftRecord[] {
    return ads.flatMap((ad) =>
      conversionChanges(ad, delay, asOf.getTime()).map(({ since, keep }) => ({
        ...{ adId: ad.adId, at: since, keep, rate: 'cvr' as const },
      })),
    );
  }

  /**
   * Stores what the evidence proves as of `asOf`, unless that cohort or a later one was looked at.
   */
  async look(
    accountId: string,
    ads: readonly AdEvidence[],
    delay: DelayCurve,
    asOf: Date,
  ): Promise<void> {
    const cohort = new Date(Math.floor(asOf.getTime() / COHORT_MS) * COHORT_MS);
    const last = await lastLook(this.database.manager, accountId);
    if (last !== null && last >= cohort) return;
    await this.database.transaction(async (manager) => {
      // Two who look at once: the second waits here and then finds that it was done.
      if (!(await takeLook(manager, accountId, cohort))) return;
      const judged = await this.judgedUntil(manager, accountId, asOf);
      const found = ads.flatMap((ad) => {
        const { adId } = ad;
        const change = conversionChange(ad, delay, asOf.getTime(), judged.get(adId));
        return change
          ? [{ adId, rate: 'cvr' as const, detectedAt: asOf.getTime(), ...change }]
          : [];
      });
      await keepDrifts(manager, accountId, found);
    });
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
