// Listed by hand and in order; a landed migration is never edited.
import { Accounts1795300000001 } from './0001-accounts.js';
import { Metrics1795300000002 } from './0002-metrics.js';
import { Learning1795300000003 } from './0003-learning.js';
import { Sampling1795300000004 } from './0004-sampling.js';
import { Execution1795300000005 } from './0005-execution.js';
import { JobsAndSandbox1795300000006 } from './0006-jobs-and-sandbox.js';
import { ExecutionBatches1795300000011 } from './0011-execution-batches.js';

export const MIGRATIONS = [
  Accounts1795300000001,
  Metrics1795300000002,
  Learning1795300000003,
  Sampling1795300000004,
  Execution1795300000005,
  JobsAndSandbox1795300000006,
  ExecutionBatches1795300000011,
];
