// Every table that has an entity, for the connection and for the test that compares both.
import { Account, AccountCredential, AccountPlan, Ad, ApiKey } from './accounts/index.js';
import { AdChange, AdChangeAttempt, ExecutionPause, ExecutionSwitch } from './execution/index.js';
import { DiscoveredAccount, LearningModelWeights } from './learning/index.js';
import { SandboxWorldRow } from './platforms/index.js';
import { Decision } from './sampling/index.js';

export const ENTITIES = [
  Account,
  AccountCredential,
  AccountPlan,
  Ad,
  AdChange,
  AdChangeAttempt,
  ApiKey,
  Decision,
  DiscoveredAccount,
  ExecutionPause,
  ExecutionSwitch,
  LearningModelWeights,
  SandboxWorldRow,
];
