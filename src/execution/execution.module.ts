import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccountsModule } from '../accounts/index.js';
import { PlatformsModule } from '../platforms/index.js';
import { SamplingModule } from '../sampling/index.js';
import { AccountContexts } from './run/account-contexts.service.js';
import { AdObjects } from './objects/ad-objects.service.js';
import { BudgetReach } from './guards/budget-reach.service.js';
import { GroupRunner } from './run/group-runner.service.js';
import { AdChangeAttempt } from './objects/change-attempt.entity.js';
import { Writer } from './run/writer.service.js';
import { AdChange } from './objects/change.entity.js';
import { ChangeIntake } from './queue/change-intake.service.js';
import { ChangesController } from './queue/changes.controller.js';
import { ChangesService } from './queue/changes.service.js';
import { UndoService } from './queue/undo.service.js';
import { DecisionQueue } from './queue/decision-queue.service.js';
import { Reconciler } from './run/reconciler.service.js';
import { ExecutionPause } from './guards/execution-pause.entity.js';
import { ExecutionSwitch } from './guards/execution-switch.entity.js';
import { ExecutionController } from './execution.controller.js';
import { ExecutorJobs } from './run/executor.jobs.js';
import { ExecutorService } from './run/executor.service.js';
import { Failures } from './run/failures.service.js';
import { Observer } from './run/observer.service.js';
import { KillSwitch } from './guards/kill-switch.service.js';
import { AccountLimitsReader } from './guards/account-limits.service.js';
import { PlanService } from './run/plan.service.js';
import { Reservations } from './run/reservations.service.js';
import { ClaimHolder } from './run/claim-holder.service.js';
import { Waits } from './queue/waits.service.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([...[AdChange, AdChangeAttempt, ExecutionPause, ExecutionSwitch]]),
    PlatformsModule,
    AccountsModule,
    SamplingModule,
  ],
  controllers: [ChangesController, ExecutionController],
  providers: [
    ...[AccountContexts, AdObjects, Observer, GroupRunner, Writer, Reconciler, Failures, Waits],
    ...[AccountLimitsReader, Reservations, ClaimHolder],
    ...[ExecutorService, ExecutorJobs, PlanService, BudgetReach],
    ...[ChangeIntake, ChangesService, UndoService, DecisionQueue, KillSwitch],
  ],
  exports: [BudgetReach, ChangesService, DecisionQueue, ExecutorService, KillSwitch],
})
export class ExecutionModule {}
