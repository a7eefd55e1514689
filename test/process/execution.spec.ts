// Crash safety with real processes: workers are killed and frozen and lose their connections while
// a Graph server loses answers, people undo and throw the kill switch, and the ledger of effects is
// held against what the changes report. The same run with a naive worker shows that it can fail.
// CRASH_CHANGES sizes a run, CRASH_SEEDS=1,2,3 makes one per seed.
import { describe, expect, it } from '@jest/globals';
import { crashRun, type CrashReport } from './crash/crash-run.js';

const CHANGES = Number(process.env['CRASH_CHANGES'] ?? 2000);
const SEEDS = (process.env['CRASH_SEEDS'] ?? '11').split(',').map(Number);
const RUN_MILLIS = 300_000;

function tell(kind: string, seed: number, report: CrashReport): void {
  const { violations: found, ...figures } = report;
  const words = JSON.stringify({ kind, seed, violations: found.length, ...figures });
  process.stderr.write(`${words}\n`);
}

describe('workers that die, freeze and lose their connections', () => {
  it.each(SEEDS)(
    'carry out every change exactly as it reports, and leave none behind (seed %i)',
    async (seed) => {
      const report = await crashRun('server', seed, CHANGES);
      tell('server', seed, report);
      expect(report.violations).toEqual([]);
      // Blows that fall on an empty queue would prove nothing.
      expect(report.felt).toBeGreaterThanOrEqual(5);
      expect(report.states['completed']).toBeGreaterThan(CHANGES / 2);
    },
    RUN_MILLIS,
  );

  it(
    'are told apart from naive ones that complete without a fence, under the same blows',
    async () => {
      const seed = SEEDS[0] ?? 11;
      const report = await crashRun('naive', seed, CHANGES);
      tell('naive', seed, report);
      const of = (words: string) => report.violations.filter((fault) => fault.includes(words));
      expect(of('completed without effect')).not.toEqual([]);
      expect([...of('took effect twice'), ...of('overwrote')]).not.toEqual([]);
    },
    RUN_MILLIS,
  );
});
