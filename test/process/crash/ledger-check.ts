// Everything that a ledger of effects can hold against what changes say of themselves. Knows
// nothing of how changes are carried out, so that it judges a safe executor and a naive one alike.
import { BEFORE, HIGHEST } from './scenario.js';

interface LedgerEffect {
  at: number;
  id: string;
  before: unknown;
  after: unknown;
}

export interface ChangeRow {
  ad_id: string;
  campaign_id: string;
  status: string;
  attempts: number;
  requested_minor: number;
  blocked_by: string | null;
  /** Due, under way or in doubt: somebody still has to do something. */
  is_open: boolean;
  written_attempts: number;
}

export interface Ledger {
  effects: readonly LedgerEffect[];
  /** Oldest first. */
  rows: readonly ChangeRow[];
  campaignOf(adId: string): string;
  /** Between these nothing may land. */
  pauses: readonly { from: number; to: number }[];
}

const HOUR_MILLIS = 3_600_000;
const ACTIONS_PER_CAMPAIGN = 15;
const EDITS_PER_AD_SET = 4;

/** Words, one per fault. `lost`, `twice` and `overwrote` are what a fence is for. */
export function violations(ledger: Ledger): string[] {
  return [
    ...effectFaults(ledger),
    ...ledger.rows.flatMap((row) => (row.is_open ? [`${row.ad_id} is stuck ${row.status}`] : [])),
    ...rateFaults(ledger.effects, ({ id }) => ledger.campaignOf(id), ACTIONS_PER_CAMPAIGN),
    ...rateFaults(ledger.effects, ({ id }) => `ad set ${id}`, EDITS_PER_AD_SET),
    ...ledger.effects
      .filter(({ after }) => Number(after) > HIGHEST || Number(after) < BEFORE)
      .map(({ id, after }) => `${id} was set to ${String(after)}`),
    ...ledger.pauses.flatMap(({ from, to }) =>
      ledger.effects
        .filter(({ at }) => at > from && at < to)
        .map(({ id, at }) => `${id} changed ${at - from} ms into a pause`),
    ),
    ...ledger.rows
      .filter((row) => row.attempts !== row.written_attempts)
      .map(({ ad_id, attempts, written_attempts }) => {
        return `${ad_id} counts ${attempts} attempts, the history ${written_attempts}`;
      }),
  ];
}

function effectFaults({ effects, rows }: Ledger): string[] {
  const faults: string[] = [];
  const effectsOf = groupedBy(effects, ({ id }) => id);
  for (const [adId, changes] of groupedBy(rows, (row) => row.ad_id)) {
    const landed = effectsOf.get(adId) ?? [];
    effectsOf.delete(adId);
    // The same absolute value once more is a repetition without an effect.
    const moved = landed.filter(({ before, after }) => before !== after);
    const written = changes.filter(
      ({ status, attempts }) => status === 'completed' && attempts > 0,
    );
    const values = new Set([...moved.map(({ after }) => after), ...written.map(valueOf)]);
    for (const value of values) {
      const times = moved.filter(({ after }) => after === value).length;
      const told = written.filter((row) => valueOf(row) === value).length;
      const asked = changes.filter((row) => valueOf(row) === value).length;
      const what = `${adId} at ${String(value)}`;
      if (times > Math.max(1, asked)) faults.push(`${what} took effect twice`);
      if (told > times) faults.push(`${what} is completed without effect`);
      if (told < times) faults.push(`${what} has an effect that no change tells of`);
    }
    const newest = changes.filter(({ status }) => status === 'completed').at(-1);
    const live = landed.at(-1)?.after ?? BEFORE;
    if (newest && valueOf(newest) !== live) {
      faults.push(`${adId} an older change overwrote ${valueOf(newest)} with ${String(live)}`);
    }
    const sent = changes.reduce((sum, row) => sum + row.attempts, 0);
    if (landed.length > sent) faults.push(`${adId} was written more often than it was attempted`);
  }
  return [...faults, ...[...effectsOf.keys()].map((id) => `${id} changed unasked`)];
}

/** Over every hour that begins with an effect, repetitions counted. */
function rateFaults(
  effects: readonly LedgerEffect[],
  keyOf: (effect: LedgerEffect) => string,
  most: number,
): string[] {
  return [...groupedBy(effects, keyOf)].flatMap(([key, landed]) => {
    const times = landed.map(({ at }) => at).sort((left, right) => left - right);
    const isCrowded = times.some(
      (at, index) => (times[index + most] ?? Infinity) - at < HOUR_MILLIS,
    );
    return isCrowded ? [`${key} saw more than ${most} writes within an hour`] : [];
  });
}

function valueOf({ requested_minor }: ChangeRow): number {
  return requested_minor;
}

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
