import { describe, expect, it } from '@jest/globals';
import type { LoopFacts } from './loop-facts.js';
import { drawStages } from './loop-stages.js';
import { stuckIn } from './stuck.js';

const NOW = new Date('2026-11-22T08:00:00Z');
const before = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);

/** A loop in which everything runs. */
const WELL: LoopFacts = {
  accountId: 'acme',
  simulated: false,
  now: NOW,
  serverNow: NOW,
  measure: { ads: 3, activeAds: 2, adsMeasured: 3, readingsLastDay: 12, newestAt: before(30) },
  believe: { arms: 3, armsWithConversions: 2, clicks: 900, conversions: 40 },
  decide: {
    ...{ decisions: 5, decisionsLastDay: 1, newestAt: before(60) },
    ...{ waiting: 0, waitingSince: null },
    putAside: { count: 0, since: null, cause: null },
  },
  execute: {
    byStatus: { completed: 7, pending: 2, blocked: 1, dead: 1 },
    completedLastDay: 3,
    newestAt: before(50),
    open: [{ status: 'pending', blockedBy: null, count: 2, since: before(1) }],
    failures: { count: 0, since: null },
    switches: {
      all: { isPaused: false, changedBy: 'installation', changedAt: before(9999) },
      own: null,
    },
  },
  jobs: [
    {
      name: 'metrics',
      lastRun: { status: 'succeeded', error: null, failures: [], finishedAt: NOW },
    },
  ],
};

const whatIn = (stage: Parameters<typeof stuckIn>[0], facts: LoopFacts) =>
  stuckIn(stage, facts).map(({ what, count, since }) => ({ what, count, since }));

describe('what is stuck', () => {
  it('says nothing about a loop that runs, nor about a change queued a moment ago', () => {
    for (const stage of ['measure', 'believe', 'decide', 'execute'] as const) {
      expect(stuckIn(stage, WELL)).toEqual([]);
    }
  });

  it('tells of numbers older than two hours, by six more on a simulated account', () => {
    const newestAt = before(121);
    const stale = { ...WELL, measure: { ...WELL.measure, newestAt } };
    expect(whatIn('measure', stale)).toEqual([
      { what: 'No numbers newer than 2 h', count: 2, since: newestAt },
    ]);
    expect(stuckIn('measure', stale)[0]?.clock).toBe('account');
    expect(whatIn('measure', { ...stale, simulated: true })).toEqual([]);
    const paused = { ...stale, measure: { ...stale.measure, activeAds: 0 } };
    expect(whatIn('measure', paused)).toEqual([]);
  });

  it('tells an account without ads from one without numbers', () => {
    const empty = { ads: 0, activeAds: 0, adsMeasured: 0, readingsLastDay: 0, newestAt: null };
    expect(whatIn('measure', { ...WELL, measure: empty })).toEqual([
      { what: 'No ads are registered', count: 0, since: null },
    ]);
    expect(whatIn('measure', { ...WELL, measure: { ...empty, ads: 4, activeAds: 4 } })).toEqual([
      { what: 'No numbers have come in yet', count: 4, since: null },
    ]);
  });

  it('tells when beliefs have no conversions to rest on', () => {
    const believe = { ...WELL.believe, conversions: null };
    expect(whatIn('believe', { ...WELL, believe })).toEqual([
      { what: 'No conversions are known', count: 3, since: null },
    ]);
  });

  it('gives execution a minute to queue a decision', () => {
    const decide = { ...WELL.decide, waiting: 2, waitingSince: before(0.5) };
    expect(whatIn('decide', { ...WELL, decide })).toEqual([]);
    const waitingSince = before(1);
    expect(whatIn('decide', { ...WELL, decide: { ...decide, waitingSince } })).toEqual([
      { what: 'Decisions to be applied that are not queued', count: 2, since: waitingSince },
    ]);
  });

  it('names decisions that were put aside, with the newest cause', () => {
    const since = before(10);
    const putAside = { count: 2, since, cause: 'no currency is called XXQ' };
    const decide = { ...WELL.decide, putAside };
    expect(whatIn('decide', { ...WELL, decide })).toEqual([
      { what: 'Decisions that could not be queued within the last day', count: 2, since },
    ]);
    const [stuck] = stuckIn('decide', { ...WELL, decide });
    expect(stuck?.remedy).toContain('no currency is called XXQ');
  });

  it('names what holds changes, doubt, approval and failures, and the kill switch first', () => {
    const since = before(10);
    const execute = {
      ...WELL.execute,
      open: [
        { status: 'awaiting_approval', blockedBy: null, count: 1, since },
        { status: 'pending', blockedBy: 'execution.budget_velocity', count: 4, since },
        { status: 'pending', blockedBy: 'meta.throttled', count: 5, since },
        { status: 'executing', blockedBy: null, count: 1, since },
        { status: 'unknown', blockedBy: null, count: 1, since },
      ],
      failures: { count: 2, since },
      switches: { all: { isPaused: true, changedBy: 'admin', changedAt: since }, own: null },
    };
    expect(whatIn('execute', { ...WELL, execute })).toEqual([
      { what: 'Execution was paused by admin', count: 2, since },
      { what: 'Changes that wait for approval', count: 1, since },
      { what: 'Changes held by the limit on budget moves', count: 4, since },
      { what: 'Changes held by meta.throttled', count: 5, since },
      { what: 'Changes whose outcome is unknown', count: 1, since },
      { what: 'Changes that failed within the last day', count: 2, since },
    ]);
  });

  it('shows a failed job at the stage that it serves, with its cause', () => {
    const lastRun = {
      status: 'failed',
      error: 'the platform said no',
      failures: [],
      finishedAt: NOW,
    };
    const facts = { ...WELL, jobs: [{ name: 'executor', lastRun }] };
    expect(stuckIn('measure', facts)).toEqual([]);
    expect(stuckIn('execute', facts)).toEqual([
      {
        what: 'The executor job failed',
        count: 1,
        since: NOW,
        remedy: 'the platform said no. Run it again once that is fixed.',
        clock: 'server',
      },
    ]);
  });

  it('shows what a job failed for on the page of that account alone', () => {
    const failures = [{ account_id: 'acme', error: 'The token is dead.' }];
    const error = 'account acme: The token is dead.';
    const lastRun = { ...{ status: 'succeeded', error, failures }, finishedAt: NOW };
    const facts = { ...WELL, jobs: [{ name: 'metrics', lastRun }] };
    expect(stuckIn('measure', facts)).toEqual([
      {
        what: 'The metrics job failed for this account',
        count: 1,
        since: NOW,
        remedy: 'The token is dead. Run it again once that is fixed.',
        clock: 'server',
      },
    ]);
    expect(stuckIn('measure', { ...facts, accountId: 'other' })).toEqual([]);
  });
});

describe('the stages', () => {
  it('carry counts and ages, with null for what nobody knows', () => {
    const facts = {
      ...WELL,
      believe: { ...WELL.believe, conversions: null },
      decide: { ...WELL.decide, newestAt: null },
    };
    const stages = drawStages(facts);
    expect(stages.map(({ name, freshness_seconds: age }) => [name, age])).toEqual([
      ['measure', 1800],
      ['believe', 1800],
      ['decide', null],
      ['execute', 3000],
    ]);
    expect(stages[1]?.counts).toEqual({
      believed_ads: 3,
      ads_with_conversions: null,
      clicks: 900,
      conversions: null,
    });
    expect(stages[3]?.counts).toEqual({
      waiting: 2,
      under_way: 0,
      in_doubt: 0,
      completed: 7,
      completed_last_day: 3,
      refused: 1,
      failed: 1,
    });
    expect(stages[1]?.stuck[0]?.since).toBeNull();
  });
});
