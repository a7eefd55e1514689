// One record to one AdsRow. Null means not known, 0 measured as zero: a blank cell never becomes 0,
// but for clicks and spend beside stated impressions, where Ads Manager leaves out what did not
// happen (refusing those rows would drop exactly the ads nobody clicked).
//
// Money is rounded row by row to minor units. The KAG set's spends are 32-bit floats of whole cents
// (1.429999948), off by less than a thousandth of a cent, so each row's rounding restores the cents
// and the rows add up to the file's sum rounded once. Carrying a residue from row to row would mend
// nothing here and would make a row's amount depend on its neighbours.
import { isoStart, isTotalsName, statusOfDelivery } from './ads-cells.js';
import { dailyBudgetOf, outcomesOf, periodOf } from './ads-figures.js';
import type { AdsField } from './ads-headers.js';
import type { AdsDetection, AdsLevel } from './ads-layouts.js';
import type { AdsRecord, AdsRow } from './ads-record.js';
import { withoutUnprintable } from '../../../shared/plain-text.js';
import { exportedIdFault, NameIds, type ObjectNames } from './object-ids.js';
import type { DecimalMark } from '../csv/read-number.js';
import { nullWhenEmpty, RecordCells } from '../csv/record-cells.js';

interface RowObjects {
  campaign: ObjectNames;
  adset: ObjectNames;
  ad: ObjectNames;
}

export class AdsRowReader {
  private readonly cells: RecordCells<AdsField>;
  private readonly creativeAt: [string, number][];
  private readonly nameIds = new NameIds();

  constructor(
    private readonly detection: AdsDetection,
    private readonly currency: string,
    decimalMark: DecimalMark,
  ) {
    this.cells = new RecordCells(detection, currency, decimalMark);
    this.creativeAt = Object.entries(detection.creative);
  }

  read(fields: string[]): AdsRecord {
    const { cells, detection } = this;
    const width = detection.headers.length;
    if (isBlank(fields, 0)) return { kind: 'skipped', reason: 'blank row' };
    // Spreadsheets pad rows with empty cells on the right; anything else means shifted columns.
    if (fields.length < width || !isBlank(fields, width)) {
      return { kind: 'fault', detail: `the row has ${fields.length} cells, the header ${width}` };
    }
    cells.take(fields);
    const objects: RowObjects = {
      campaign: { id: cells.text('campaignId'), name: cells.text('campaignName') },
      adset: { id: cells.text('adsetId'), name: cells.text('adsetName') },
      ad: { id: cells.text('adId'), name: cells.text('adName') },
    };
    const own = objects[detection.level];
    if (own.id === '' && (own.name === '' || isTotalsName(own.name))) {
      return { kind: 'skipped', reason: 'totals row' };
    }
    const row = this.row(objects);
    if (cells.fault !== null) return { kind: 'fault', detail: cells.fault };
    return row === null ? { kind: 'skipped', reason: 'no figures' } : { kind: 'row', row };
  }

  private row(objects: RowObjects): AdsRow | null {
    const { cells, detection } = this;
    const impressions = cells.count('impressions');
    const clicks = cells.count(cells.has('linkClicks') ? 'linkClicks' : 'clicksAll');
    const spendMinor = cells.money('spend');
    if (impressions === null && cells.fault === null) {
      if (clicks === null && spendMinor === null) return null;
      cells.refuse('impressions', 'is blank beside other figures');
    }
    this.checkCurrency();
    const ids = this.ids(objects);
    return {
      entityType: detection.level,
      adId: ids[detection.level] ?? '',
      name: nullWhenEmpty(withoutUnprintable(objects[detection.level].name)),
      adsetId: ids.adset,
      adsetName: nullWhenEmpty(withoutUnprintable(objects.adset.name)),
      campaignId: ids.campaign,
      campaignName: nullWhenEmpty(withoutUnprintable(objects.campaign.name)),
      status: this.status(),
      dailyBudgetMinor: dailyBudgetOf(cells, detection.level),
      startedAt: isoStart(cells.text('starts')),
      ...periodOf(cells),
      attributionSetting: nullWhenEmpty(cells.text('attributionSetting')),
      impressions: impressions ?? 0,
      clicks: clicks ?? 0,
      spendMinor: spendMinor ?? 0,
      ...outcomesOf(cells),
      creative: this.creative(),
    };
  }

  private ids({ campaign, adset, ad }: RowObjects): Record<AdsLevel, string | null> {
    return {
      campaign: this.id([campaign], 'campaignId'),
      adset: this.id([campaign, adset], 'adsetId'),
      ad: this.id([campaign, adset, ad], 'adId'),
    };
  }

  private id(path: ObjectNames[], field: 'campaignId' | 'adsetId' | 'adId'): string | null {
    const own = path.at(-1)!;
    if (own.id === '') return own.name === '' ? null : this.nameIds.idOf(path);
    const fault = exportedIdFault(own.id);
    return fault === null ? own.id : this.cells.refuse(field, fault);
  }

  private status(): AdsRow['status'] {
    const own = `${this.detection.level}Delivery` as const;
    return statusOfDelivery(this.cells.text(this.cells.has(own) ? own : 'delivery'));
  }

  private checkCurrency(): void {
    const code = this.cells.text('currency').toUpperCase();
    if (code !== '' && code !== this.currency) {
      this.cells.refuse('currency', `is not the account's ${this.currency}`);
    }
  }

  private creative(): Record<string, string> {
    const creative: Record<string, string> = {};
    for (const [key, at] of this.creativeAt) {
      const value = nullWhenEmpty(this.cells.textAt(at));
      if (value !== null) creative[key] = value;
    }
    return creative;
  }
}

function isBlank(fields: string[], from: number): boolean {
  for (let at = from; at < fields.length; at++) if (fields[at]!.trim() !== '') return false;
  return true;
}
