// What events have taught of an account as of an instant: cells net of what its reports tell
// already, and the delays of its conversions. Between the journal and a belief: called by `account-
// survey`.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Account } from '../../accounts/index.js';
import { countEvents, type AccountReports } from '../../metrics/index.js';
import { MILLIS_PER_DAY, MILLIS_PER_HOUR, HISTORY_DAYS } from '../../shared/index.js';
import { COHORT_MS } from '../belief/cohorts.js';
import { LAG_BIN_HOURS, type DelayObservation } from '../belief/delay-bins.js';
import { COUNTS, type EvidenceCell } from '../belief/evidence-cell.js';
import { afterReports, cellsByArm, cutCells, type EventEvidence } from './event-evidence.js';
import { readFirstCohort, readLags } from './account-evidence.queries.js';
import { readCells } from './evidence.queries.js';

@Injectable()
export class EventEvidenceService {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Delays from click to conversion, of the conversions whose click is known. */
  async delays(account: Account, asOf: Date): Promise<DelayObservation[]> {
    const { accountId } = account;
    const lags = await readLags(this.database.manager, accountId, historyStart(asOf), asOf);
    return lags.map(({ at, lag, conversions }) => ({
      delayHours: (lag + 0.5) * LAG_BIN_HOURS,
      // The youngest click of the cohort: only clicks that are surely old enough may speak.
      ageHours: (asOf.getTime() - at - COHORT_MS) / MILLIS_PER_HOUR,
      count: conversions,
    }));
  }

  /** The first cohort told by events, when they are what the account counts by; else null. */
  async conversionsSince(account: Account, asOf: Date): Promise<number | null> {
    if (account.conversionSource !== 'first_party') return null;
    const { manager } = this.database;
    return readFirstCohort(manager, account.accountId, historyStart(asOf), asOf);
  }

  /**
   * Of the objects that were reported of. `without`: a cell to be left out, to see what the events
   * behind it changed.
   */
  async ofReports(
    account: Account,
    reports: AccountReports,
    asOf: Date,
    without?: EvidenceCell,
  ): Promise<EventEvidence> {
    const { accountId } = account;
    const { manager } = this.database;
    const adIds = [...reports.ads.keys()];
    const cells = await readCells(manager, accountId, adIds, historyStart(asOf), asOf);
    const credit = reports.events;
    const ofArm = (adId: string) => credit.get(adId)?.coveredUntil ?? null;
    const ofAd = (adId: string) => credit.get(adId)?.ownCoveredUntil ?? null;
    const told = async (coverage: typeof ofArm) => {
      const parts = await countEvents(manager, accountId, cutCells(cells, coverage));
      const rest = afterReports(cells, coverage, parts);
      return without ? rest.map((cell) => lessened(cell, without)) : rest;
    };
    const byAd = new Map<string, EvidenceCell[]>();
    for (const cell of await told(ofAd)) {
      const known = byAd.get(cell.adId);
      if (known) known.push(cell);
      else byAd.set(cell.adId, [cell]);
    }
    return { byArm: cellsByArm(await told(ofArm), credit), byAd };
  }
}

function historyStart(asOf: Date): Date {
  return new Date(asOf.getTime() - HISTORY_DAYS * MILLIS_PER_DAY);
}

/** Counts that a report covers are 0 already and stay so. */
function lessened(cell: EvidenceCell, by: EvidenceCell): EvidenceCell {
  if (cell.adId !== by.adId || cell.at !== by.at || cell.lag !== by.lag) return cell;
  const rest = { ...cell };
  for (const count of COUNTS) rest[count] = Math.max(0, cell[count] - by[count]);
  return rest;
}
