// Listed by hand and in order; a landed migration is never edited.
import { Accounts1795300000001 } from './0001-accounts.js';
import { Metrics1795300000002 } from './0002-metrics.js';
import { Learning1795300000003 } from './0003-learning.js';
import { Sampling1795300000004 } from './0004-sampling.js';
import { Execution1795300000005 } from './0005-execution.js';
import { JobsAndSandbox1795300000006 } from './0006-jobs-and-sandbox.js';
import { Events1795300000007 } from './0007-events.js';
import { Patterns1795300000008 } from './0008-patterns.js';
import { Attribution1795300000009 } from './0009-attribution.js';
import { Plans1795300000010 } from './0010-plans.js';
import { ExecutionBatches1795300000011 } from './0011-execution-batches.js';
import { Drift1795300000012 } from './0012-drift.js';
import { SignedEvents1795300000013 } from './0013-signed-events.js';
import { LeanWatches1795300000014 } from './0014-lean-watches.js';
import { SharedDelaysAndLandedClicks1795300000015 } from './0015-shared-delays-and-landed-clicks.js';
import { CostOfBeingWrong1795300000018 } from './0018-cost-of-being-wrong.js';
import { LeanClaims1795300000019 } from './0019-lean-claims.js';
import { LateAds1795300000020 } from './0020-late-ads.js';
import { EventsByTime1795300000021 } from './0021-events-by-time.js';
import { LearningJournal1795300000024 } from './0024-learning-journal.js';
import { AnySeed1795300000027 } from './0027-any-seed.js';
import { PausesAndTokens1795300000032 } from './0032-pauses-and-tokens.js';
import { AccountPauses1795300000037 } from './0037-account-pauses.js';
import { LearningPhase1795300000040 } from './0040-learning-phase.js';
import { JobFigures1795300000041 } from './0041-job-figures.js';
import { SecretsKeyCheck1795300000042 } from './0042-secrets-key-check.js';
import { FaultsToldInPart1795300000045 } from './0045-faults-told-in-part.js';
import { RetentionSettings1795300000046 } from './0046-retention-settings.js';
import { ClosingAccounts1795300000047 } from './0047-closing-accounts.js';
import { FailuresOfRuns1795300000048 } from './0048-failures-of-runs.js';
import { Retention1795300000050 } from './0050-retention.js';
import { ReadingsBySixHours1795300000051 } from './0051-readings-by-six-hours.js';
import { LeanCredits1795300000057 } from './0057-lean-credits.js';
import { DriftByMinutes1795300000061 } from './0061-drift-by-minutes.js';
import { SlimDecisions1795300000067 } from './0067-slim-decisions.js';
import { DecisionsPutAside1795300000073 } from './0073-decisions-put-aside.js';
import { PausesOfTheAdmin1795300000074 } from './0074-pauses-of-the-admin.js';
import { DayMonths1795300000079 } from './0079-day-months.js';
import { RemovedAccounts1795300000083 } from './0083-removed-accounts.js';

export const MIGRATIONS = [
  Accounts1795300000001,
  Metrics1795300000002,
  Learning1795300000003,
  Sampling1795300000004,
  Execution1795300000005,
  JobsAndSandbox1795300000006,
  Events1795300000007,
  Patterns1795300000008,
  Attribution1795300000009,
  Plans1795300000010,
  ExecutionBatches1795300000011,
  Drift1795300000012,
  SignedEvents1795300000013,
  LeanWatches1795300000014,
  SharedDelaysAndLandedClicks1795300000015,
  CostOfBeingWrong1795300000018,
  LeanClaims1795300000019,
  LateAds1795300000020,
  EventsByTime1795300000021,
  LearningJournal1795300000024,
  AnySeed1795300000027,
  PausesAndTokens1795300000032,
  AccountPauses1795300000037,
  LearningPhase1795300000040,
  JobFigures1795300000041,
  SecretsKeyCheck1795300000042,
  FaultsToldInPart1795300000045,
  RetentionSettings1795300000046,
  ClosingAccounts1795300000047,
  FailuresOfRuns1795300000048,
  Retention1795300000050,
  ReadingsBySixHours1795300000051,
  LeanCredits1795300000057,
  DriftByMinutes1795300000061,
  SlimDecisions1795300000067,
  DecisionsPutAside1795300000073,
  PausesOfTheAdmin1795300000074,
  DayMonths1795300000079,
  RemovedAccounts1795300000083,
];
