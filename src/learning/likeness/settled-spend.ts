// What an arm had spent when the account's day began. Reports of the day itself change it no more,
// only restated days do.
import type { ArmReports } from '../../metrics/index.js';

export function settledSpend(
  reporters: ArmReports['reporters'],
  today: { day: string; start: Date },
): number {
  let spent = 0;
  for (const { reports } of reporters) {
    const shot = reports.snapshots.findLast(({ observedAt }) => observedAt <= today.start);
    spent += (shot?.spendMinor ?? 0) + (reports.earlier?.spendMinor ?? 0);
    for (const { day, spendMinor } of reports.days) if (day < today.day) spent += spendMinor;
  }
  return spent;
}
