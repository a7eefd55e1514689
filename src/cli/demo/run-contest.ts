// The fast-forward demonstration from start to table.
import type { INestApplicationContext } from '@nestjs/common';
import { AccountsService } from '../../accounts/index.js';
import { AccountRemoval, SandboxService } from '../../admin/index.js';
import { advanceWorld, expectedEarnedValue } from '../../platforms/index.js';
import { DomainError, derivedSeed, toMajor } from '../../shared/index.js';
import { counted, decimal, percent } from '../terminal/plain-numbers.js';
import { openProgress } from '../terminal/progress.js';
import { contestTable, moveLines, shareOfGap } from './contest-table.js';
import { playSeed, playYardsticks, spentIn, type Earned } from './contest.js';
import type { FastForwardOptions } from './demo-options.js';
import { fastForward, type Played } from './fast-forward.js';
import { movesOf, replay, weighMoves } from './top-moves.js';

/** What the accounts of demonstrations are called, and no other simulated account. */
const DEMO_ID = /^demo-\d{8}-\d{6}$/;
const ADS = 12;
const CURRENCY = 'USD';
/** What Loopgain knows on its first day: a week of an even split. */
const HISTORY_DAYS = 7;
/** As the server's own sandbox has it: new ads appear in the first half of history and a month. */
const HORIZON_DAYS = HISTORY_DAYS + 30;
/**
 * The seeds in memory all begin on this Monday, so that their figures are the same on every day.
 */
const SEEDS_START_AT = Date.UTC(2026, 0, 5);
const MOVES_SHOWN = 3;

export async function runContest(
  app: INestApplicationContext,
  options: FastForwardOptions,
  say: (line: string) => void,
): Promise<void> {
  const accountId = `demo-${stamp(new Date())}`;
  say(
    `Everything here is simulated: an account of ${ADS} ads (world "${options.world}"), ${HISTORY_DAYS} days ` +
      `of an even split behind it, then ${counted(options.days, 'day')} in fast-forward.`,
  );
  await removeEarlier(app, say);
  const { account } = await app.get(SandboxService).create({
    accountId,
    name: `Demo of ${options.days} days (simulated)`,
    world: options.world,
    ads: ADS,
    seed: options.seed,
    historyDays: HISTORY_DAYS,
    currency: CURRENCY,
  });
  const progress = openProgress('Playing', options.days + options.seeds);
  const played = await fastForward(app, account, options.days, (done) =>
    progress.update(done, `day ${done} of ${options.days}`),
  );
  const seeds: Earned[] = [];
  const seedList = seedsAfter(options);
  for (const seed of seedList) {
    seeds.push(playOne(seed, options));
    progress.update(options.days + seeds.length, `seed ${seeds.length}`);
    // Lets the bar be drawn: a seed is half a second of pure computing.
    await new Promise((resolve) => setImmediate(resolve));
  }
  progress.stop();
  const major = (minor: number) => toMajor(minor, CURRENCY);
  const shown = {
    loopgain: expectedEarnedValue(played.end) - expectedEarnedValue(played.start),
    ...playYardsticks(played.start, options.days),
  };
  say('');
  for (const line of contestTable({ currency: CURRENCY, toMajor: major, shown, seeds })) say(line);
  for (const line of explanation(options, seedList, shown)) say(line);
  say(spendLine(played, major));
  say('');
  sayMoves(played, major, say);
  say('');
  say(`${turnWords(played)} All of it is on the server's page under account "${accountId}":`);
  say('npm start prints its address; a server that is running already shows it now.');
}

/** The account of an earlier demonstration; somebody's own is never simulated and so named. */
async function removeEarlier(
  app: INestApplicationContext,
  say: (line: string) => void,
): Promise<void> {
  for (const { accountId, name, simulated } of await app.get(AccountsService).all()) {
    if (!simulated || !DEMO_ID.test(accountId)) continue;
    try {
      await app.get(AccountRemoval).remove(accountId, name);
      say(`The account of an earlier demo, "${accountId}", is replaced.`);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      say(`The account of an earlier demo, "${accountId}", stays: ${error.message}`);
    }
  }
}

function playOne(seed: number, { world, days }: FastForwardOptions): Earned {
  return playSeed({
    seed,
    world,
    ads: ADS,
    historyDays: HISTORY_DAYS,
    days,
    startAt: SEEDS_START_AT,
    currency: CURRENCY,
    horizonDays: HORIZON_DAYS,
  });
}

/** Seeds that follow from the first one, so that `--seed` repeats the whole demonstration. */
function seedsAfter({ seed, seeds }: FastForwardOptions): number[] {
  return Array.from({ length: seeds }, (_, index) => derivedSeed(seed, `demo seed ${index}`));
}

function explanation(options: FastForwardOptions, seeds: number[], shown: Earned): string[] {
  const share = shareOfGap(shown);
  return [
    'Value = true expected value of the impressions bought, which only a simulator knows. All three',
    'play the same days of the same world; Loopgain decides once a day in steps of at most 20 %.',
    ...(share === null
      ? []
      : [`On the page's account Loopgain closed ${percent(share, 0)} of the gap to the oracle.`]),
    `Seed of the account: ${options.seed}. Seeds in memory: ${seeds.join(', ')}.`,
  ];
}

/** A guard may make a raise wait while the cut that was to pay for it goes through. */
function spendLine({ start, end }: Played, major: (minor: number) => number): string {
  const even = advanceWorld(start, end.clockAt);
  const spent = (world: Played['end']) => decimal(major(spentIn(world) - spentIn(start)), 0);
  return (
    `Spent on the page's account: ${spent(end)} ${CURRENCY} under Loopgain, ${spent(even)} ` +
    `${CURRENCY} under the even split.`
  );
}

function sayMoves(
  { start, end, days }: Played,
  major: (minor: number) => number,
  say: (line: string) => void,
): void {
  if (movesOf(days).length === 0) return say('No budget was moved.');
  const names = new Map(end.ads.map((ad) => [ad.adId, ad.name]));
  const moves = weighMoves(start, days).slice(0, MOVES_SHOWN);
  const replayed = expectedEarnedValue(replay(start, days));
  say(`The ${counted(moves.length, 'move')} that mattered most (what each brought is known only`);
  say('because the world is simulated: the same days were played again without it):');
  moves.forEach((move, index) => {
    const date = (day: number) => new Date(days[day]?.at ?? 0).toISOString().slice(0, 10);
    const [what, why] = moveLines({
      move,
      adName: names.get(move.adId) ?? move.adId,
      firstDate: date(move.firstDay),
      lastDate: date(move.lastDay),
      currency: CURRENCY,
      toMajor: major,
    });
    say(`${index + 1}. ${what}`);
    say(`   ${why}`);
  });
  if (replayed !== expectedEarnedValue(end)) {
    say('(Budgets were also changed from elsewhere meanwhile, so these amounts are approximate.)');
  }
}

function turnWords({ decisions, changes }: Played): string {
  const completed = changes['completed'] ?? 0;
  const deferred = changes['deferred'] ?? 0;
  const waited = deferred > 0 ? `, ${deferred} times a change had to wait for a guard` : '';
  return `${counted(decisions, 'decision')}, ${counted(completed, 'budget change')} carried out${waited}.`;
}

/** yyyymmdd-hhmmss */
function stamp(now: Date): string {
  const digits = now.toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}`;
}
