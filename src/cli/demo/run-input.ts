// The first explained moves of a real export: import, say what is known, advise.
import { MAX_CHANGE_PCT_24H } from '../../shared/budget-steps.js';
import type { INestApplicationContext } from '@nestjs/common';
import { AccountScope, type Account } from '../../accounts/index.js';
import { BeliefsService, type AccountBeliefs } from '../../learning/index.js';
import type { ArmReports } from '../../metrics/index.js';
import { SamplingService } from '../../sampling/index.js';
import { dayBounds, derivedSeed, toMajor, toMinor } from '../../shared/index.js';
import { counted, decimal } from '../terminal/plain-numbers.js';
import { moveWords, type AdviceUnits } from './advice-words.js';
import { adviseCells, type AdviceAd } from './advice.js';
import type { InputOptions } from './demo-options.js';
import { daysOf, examined, type Days } from './examined-ads.js';
import { knownLines, levelLines } from './known.js';
import { chooseLevel, type Level } from './levels.js';
import type { DecisionAnswer } from '../../sampling/pure.js';
import { smallAdSelection } from './small-ads.js';
import { takeIn, type Say } from './take-in.js';
import { worthTelling } from './told-moves.js';

export async function runInput(
  app: INestApplicationContext,
  options: InputOptions,
  say: Say,
): Promise<number> {
  const account = await takeIn(app, options, say);
  if (account === null) return 1;
  const now = await app.get(AccountScope).now(account);
  const beliefsOf = async (asOf: Date) => {
    const reported: ArmReports[] = [];
    const keep = (arm: ArmReports) => reported.push(arm);
    return { reported, beliefs: await app.get(BeliefsService).ofAccount(account, asOf, keep) };
  };
  let known = await beliefsOf(now);
  const days = daysOf(known.reported);
  // An old export is judged as of its last day: by now most of its evidence would be forgotten.
  const asOf = days ? earlier(dayBounds(days.last, account.timezone).end, now) : now;
  if (asOf < now) known = await beliefsOf(asOf);
  await advise(app, { account, options, ...known, days, asOf }, say);
  say('');
  say(
    `The account "${account.accountId}" with its ads is on the server's page: npm start prints its`,
  );
  say('address; a server that is running already shows it now.');
  return 0;
}

interface Case {
  account: Account;
  options: InputOptions;
  beliefs: AccountBeliefs;
  reported: ArmReports[];
  days: Days | null;
  asOf: Date;
}

async function advise(app: INestApplicationContext, given: Case, say: Say): Promise<void> {
  const { account, beliefs, reported, days } = given;
  const { currency } = account;
  const { ads, sums } = examined(reported, {
    account,
    asOf: given.asOf.getTime(),
  });
  const selection = smallAdSelection(
    ads.map((ad) => ({ ...ad, results: ad.leads ?? ad.conversions ?? 0 })),
  );
  say('');
  const major = (minor: number) => toMajor(minor, currency);
  for (const line of knownLines({ ...sums, ads, currency, toMajor: major, days, selection })) {
    say(line);
  }
  const running = ads.filter(({ status }) => status === 'active');
  const judged = selection ? running.filter(({ adId }) => selection.largeIds.has(adId)) : running;
  const level = sums.conversions === null ? null : chooseLevel(judged);
  say('');
  if (running.length === 0) {
    say('No advice: every ad of the export is paused or archived, so there is no budget to move.');
    return;
  }
  if (level === null) {
    say('No advice: at no level does most of the money lie where there is enough evidence.');
    return;
  }
  for (const line of levelLines(level)) say(line);
  const money = moneyOf(given, judged, say);
  const answer = await decisionAt(app, { ...given, judged, level, ...money });
  if (answer === null) return say('No advice: nothing can be decided on this evidence.');
  const units: AdviceUnits = {
    currency,
    value: beliefs.prior.account.value.source === 'unit' ? 'conversions' : 'money',
    perDay: money.perDay,
    total: major(money.wholeMinor),
    conversionsPerUnit: conversionsPerUnit(judged, major),
  };
  sayMoves(answer, level, judged, money, units, say);
}

function conversionsPerUnit(ads: readonly AdviceAd[], major: (minor: number) => number): number {
  const spend = ads.reduce((sum, ad) => sum + ad.spendMinor, 0);
  return ads.reduce((sum, ad) => sum + (ad.conversions ?? 0), 0) / major(spend);
}

interface Money {
  /** Of the whole account: per day, or all that was spent when only shares can be told. */
  wholeMinor: number;
  /** The part of it that is split here. */
  totalMinor: number;
  perDay: boolean;
}

function moneyOf(
  { account, options, beliefs, days }: Case,
  judged: readonly AdviceAd[],
  say: Say,
): Money {
  const { currency } = account;
  const spend = beliefs.arms.reduce((sum, { totals }) => sum + totals.spendMinor, 0);
  const share = judged.reduce((sum, ad) => sum + ad.spendMinor, 0) / spend;
  const wholeMinor =
    options.dailyBudget !== null
      ? toMinor(options.dailyBudget, currency)
      : days
        ? Math.round(days.spendMinor / days.count)
        : spend;
  const perDay = options.dailyBudget !== null || days !== null;
  const amount = `${decimal(toMajor(wholeMinor, currency), 2)} ${currency} a day`;
  if (options.dailyBudget !== null) say(`Budget: ${amount}, as given.`);
  else if (days) say(`Budget: ${amount}, the mean daily spend (no --daily-budget was given).`);
  else say('Budget: not known and no dates, so moves are in shares of the budget.');
  return { wholeMinor, totalMinor: Math.round(wholeMinor * share), perDay };
}

/** Single ads are decided by the server itself and kept; cells exist in this advice only. */
async function decisionAt(
  app: INestApplicationContext,
  request: Case & Money & { judged: readonly AdviceAd[]; level: Level },
): Promise<DecisionAnswer | null> {
  const { account, asOf, judged, level, totalMinor } = request;
  if (level.kind === 'ad') {
    return app.get(SamplingService).allocate(account, {
      totalBudget: toMajor(totalMinor, account.currency),
      adIds: judged.map(({ adId }) => adId),
      asOf,
      seed: seedOf(account),
      apply: false,
      maxStepPct: MAX_CHANGE_PCT_24H,
      requestedBy: 'demo',
    });
  }
  return adviseCells({
    ads: judged,
    cells: level.cells,
    asOf: asOf.getTime(),
    seed: seedOf(account),
    totalMinor,
    currency: account.currency,
    settings: {
      halfLifeDays: account.settings.half_life_days,
      attributionWindowDays: account.attributionWindowDays,
    },
  });
}

function sayMoves(
  answer: DecisionAnswer,
  { cells, kind }: Level,
  judged: readonly AdviceAd[],
  { totalMinor }: Money,
  units: AdviceUnits,
  say: Say,
): void {
  const spend = judged.reduce((sum, ad) => sum + ad.spendMinor, 0);
  const total = toMajor(totalMinor, units.currency);
  const references = new Map(cells.map((cell) => [cell.id, (cell.spendMinor / spend) * total]));
  const moves = worthTelling(answer, cells, references);
  say('');
  if (moves.length === 0) {
    say('No move has an 80 % interval above no gain: the present split stands.');
    return;
  }
  const stepped = kind !== 'ad' || judged.every(({ currentMinor }) => currentMinor !== null);
  const steps = stepped ? ` of at most ${MAX_CHANGE_PCT_24H} % each` : '';
  say(`${counted(moves.length, 'move')}${steps}, the largest gain first:`);
  if (!stepped) {
    say(
      '(The file has no budgets: the split of the spend stands for the present one and steps are',
    );
    say(`not limited. Go there by at most ${MAX_CHANGE_PCT_24H} % a day.)`);
  }
  const byId = new Map(judged.map((ad) => [ad.adId, ad]));
  moves.forEach((move, index) => {
    const members = cells
      .find(({ id }) => id === move.id)
      ?.adIds.flatMap((id) => byId.get(id) ?? []);
    const behind = {
      conversions: members?.reduce((sum, ad) => sum + (ad.conversions ?? 0), 0) ?? null,
      clicks: members?.reduce((sum, ad) => sum + ad.clicks, 0) ?? 0,
    };
    const [what, ...rest] = moveWords(move, behind, units);
    say(`${index + 1}. ${what}`);
    for (const line of rest) say(`   ${line}`);
  });
  say('An 80 % interval above 0 still means that about one such move in ten may lose.');
  say(
    kind === 'ad'
      ? 'The decision is stored with the account and can be applied from there; nothing was changed.'
      : 'This is advice on groups of ads: nothing was queued or changed.',
  );
}

/** The same export gives the same advice on every machine. */
function seedOf({ accountId }: Account): number {
  return derivedSeed(1, accountId);
}

function earlier(left: Date, right: Date): Date {
  return left < right ? left : right;
}
