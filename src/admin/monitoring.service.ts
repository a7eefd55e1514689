// Figures for Prometheus. Those of jobs and of learning come from the database when they are asked
// for, so every server on one database tells the same ones.
import { Injectable } from '@nestjs/common';
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { DriftWatch } from '../learning/index.js';
import { JobHistory } from '../shared/index.js';

@Injectable()
export class Monitoring {
  // Not the library's global one: a process may hold several applications, as the tests do.
  private readonly registry = new Registry();
  private readonly databaseUp = new Gauge({
    name: 'loopgain_database_up',
    help: 'Whether the database answered just now (1) or not (0).',
    registers: [this.registry],
  });
  private readonly runs = new Gauge({
    name: 'loopgain_job_runs_last_day',
    help: 'Runs that started within the last day.',
    labelNames: ['job', 'status'],
    registers: [this.registry],
  });
  private readonly lastSuccess = new Gauge({
    name: 'loopgain_job_last_success_timestamp_seconds',
    help: 'When the last successful run of a job ended (Unix time).',
    labelNames: ['job'],
    registers: [this.registry],
  });

  private readonly drifts = new Gauge({
    name: 'loopgain_drifts_found',
    help: 'Proven changes of an ad, by the rate that changed.',
    labelNames: ['rate'],
    registers: [this.registry],
  });

  constructor(
    private readonly history: JobHistory,
    private readonly watch: DriftWatch,
  ) {
    collectDefaultMetrics({ register: this.registry });
  }

  /** The text format of Prometheus. Without the database its figures are absent, not zero. */
  async exposition(databaseUp: boolean): Promise<string> {
    this.databaseUp.set(databaseUp ? 1 : 0);
    this.runs.reset();
    this.lastSuccess.reset();
    this.drifts.reset();
    if (databaseUp) {
      await this.setJobFigures();
      for (const [rate, count] of Object.entries(await this.watch.counts())) {
        this.drifts.set({ rate }, count);
      }
    }
    return this.registry.metrics();
  }

  private async setJobFigures(): Promise<void> {
    for (const { name, runsLastDay, lastSuccessAt } of await this.history.figures()) {
      for (const [status, runs] of Object.entries(runsLastDay)) {
        this.runs.set({ job: name, status }, runs);
      }
      if (lastSuccessAt) this.lastSuccess.set({ job: name }, lastSuccessAt.getTime() / 1000);
    }
  }
}
