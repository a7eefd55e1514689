// The account that stays on the page: the server's own chain, day by day. Decision and execution
// come first and the day is lived after them, so that the budgets in force are known for every day.
import type { INestApplicationContext } from '@nestjs/common';
import { SandboxService } from '../../admin/index.js';
import type { Account } from '../../accounts/index.js';
import { SandboxWorlds, visibleAds, type SandboxWorld } from '../../platforms/index.js';
import type { DecisionReply } from '../../sampling/index.js';
import type { PlayedDay } from './top-moves.js';

const HOURS_PER_DAY = 24;

export interface Played {
  start: SandboxWorld;
  end: SandboxWorld;
  days: PlayedDay[];
  decisions: number;
  /** Changes by how they ended, summed over the days. */
  changes: Record<string, number>;
}

export async function fastForward(
  app: INestApplicationContext,
  account: Account,
  dayCount: number,
  onDay: (done: number) => void,
): Promise<Played> {
  const sandbox = app.get(SandboxService);
  const worlds = app.get(SandboxWorlds);
  const start = await worlds.read(account.accountId);
  const played: Played = { start, end: start, days: [], decisions: 0, changes: {} };
  for (let done = 0; done < dayCount; done += 1) {
    const before = budgetsOf(played.end);
    const { decision, execution } = await sandbox.advance(account, 0, true);
    const decided = await worlds.read(account.accountId);
    await sandbox.advance(account, HOURS_PER_DAY, false);
    const at = decided.clockAt;
    played.days.push({ at, before, after: budgetsOf(decided), reasons: reasonsOf(decision) });
    played.end = await worlds.read(account.accountId);
    if (decision) played.decisions += 1;
    for (const [name, count] of Object.entries(execution?.counts ?? {})) {
      if (typeof count === 'number') played.changes[name] = (played.changes[name] ?? 0) + count;
    }
    onDay(done + 1);
  }
  return played;
}

function budgetsOf(world: SandboxWorld): Record<string, number> {
  return Object.fromEntries(visibleAds(world).map((ad) => [ad.adId, ad.dailyBudgetMinor]));
}

function reasonsOf(decision: DecisionReply | null): Record<string, string> {
  return Object.fromEntries(
    (decision?.recommendations ?? []).map((item) => [item.ad_id, item.reason]),
  );
}
