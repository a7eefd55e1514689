import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccountsModule } from '../accounts/index.js';
import { PlatformsModule } from '../platforms/index.js';
import { SamplingModule } from '../sampling/index.js';
import { AccountPasses } from './account-passes.service.js';
import { AdObjects } from './ad-objects.service.js';
import { BudgetReach } from './budget-reach.service.js';
import { ChangeApplier } from './change-applier.service.js';
import { AdChangeAttempt } from './change-attempt.entity.js';
import { ChangeWriter } from './change-writer.service.js';
import { AdChange } from './change.entity.js';
import { ChangeIntake } from './changes/change-intake.service.js';
import { ChangesController } from './changes/changes.controller.js';
import { ChangesService } from './changes/changes.service.js';
import { UndoService } from './changes/undo.service.js';
import { DecisionQueue } from './decision-queue.service.js';
import { Doubts } from './doubts.service.js';
import { ExecutionPause } from './execution-pause.entity.js';
import { ExecutionSleep } from './execution-sleep.entity.js';
import { ExecutionSwitch } from './execution-switch.entity.js';
import { ExecutionController } from './execution.controller.js';
import { ExecutorJobs } from './executor.jobs.js';
import { ExecutorService } from './executor.service.js';
import { Failures } from './failures.service.js';
import { GuardLooks } from './guard-looks.service.js';
import { KillSwitch } from './kill-switch.service.js';
import { LimitsOfAccounts } from './limits-of-accounts.service.js';
import { PlanService } from './plan.service.js';
import { Reservations } from './reservations.service.js';
import { Validation } from './validation.service.js';
import { Waits } from './waits.service.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([
      ...[AdChange, AdChangeAttempt, ExecutionPause, ExecutionSleep, ExecutionSwitch],
    ]),
    PlatformsModule,
    AccountsModule,
    SamplingModule,
  ],
  controllers: [ChangesController, ExecutionController],
  providers: [
    ...[AccountPasses, AdObjects, GuardLooks, ChangeApplier, ChangeWriter, Doubts, Failures, Waits],
    ...[LimitsOfAccounts, Reservations, Validation],
    ...[ExecutorService, ExecutorJobs, PlanService, BudgetReach],
    ...[ChangeIntake, ChangesService, UndoService, DecisionQueue, KillSwitch],
  ],
  exports: [BudgetReach, ChangesService, DecisionQueue, ExecutorService, KillSwitch],
})
export class ExecutionModule {}
