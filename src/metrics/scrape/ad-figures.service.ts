// An advertising platform's own lifetime totals, brought home.
import { Injectable } from '@nestjs/common';
import { AdsService, CredentialsService, type Account, type Ad } from '../../accounts/index.js';
import { AdPlatforms, type MetricReading } from '../../platforms/index.js';
import { Clock, MILLIS_PER_DAY } from '../../shared/index.js';
import type { SnapshotValues } from '../reports/metric-values.js';
import { MetricsIntake } from '../reports/metrics-intake.service.js';
import type { MetricSource, Scraped } from './metric-source.js';
import { MetricSources } from './metric-sources.service.js';

/** An archived object's figures are corrected for no longer than this. */
const ARCHIVED_READ_MILLIS = 2 * MILLIS_PER_DAY;

@Injectable()
export class AdFigures implements MetricSource {
  constructor(
    private readonly platforms: AdPlatforms,
    private readonly ads: AdsService,
    private readonly credentials: CredentialsService,
    private readonly intake: MetricsIntake,
    private readonly clock: Clock,
    sources: MetricSources,
  ) {
    sources.register(this);
  }

  takes({ simulated }: Account): boolean {
    return !simulated;
  }

  async read(account: Account): Promise<Scraped | null> {
    const credentials = await this.credentials.of(account.accountId, 'meta');
    if (!credentials) return null;
    const { accountId, currency, timezone } = account;
    const ads = (await this.ads.all(accountId)).filter((ad) => mayStillMove(ad, this.clock.now()));
    const { reader } = this.platforms.of(account);
    const access = { accountId, currency, timezone, credentials };
    const readings = await reader.readMetrics(access, ads);
    const snapshots = await this.intake.keep(account, readings.map(valuesOf));
    return { ads: readings.length, snapshots, newAds: 0 };
  }
}

/** What is archived spends nothing more, and what it spent is settled after two days. */
function mayStillMove({ status, updatedAt }: Ad, now: Date): boolean {
  return status !== 'archived' || now.getTime() - updatedAt.getTime() < ARCHIVED_READ_MILLIS;
}

function valuesOf(reading: MetricReading): SnapshotValues {
  return { ...reading, leads: null, pipelineValueMinor: null };
}
