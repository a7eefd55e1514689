import { Injectable } from '@nestjs/common';
import type { MetricSource } from './metric-source.js';

/** The sources that the rooms have registered; the job reads them all. */
@Injectable()
export class MetricSources {
  readonly all: MetricSource[] = [];

  register(source: MetricSource): void {
    this.all.push(source);
  }
}
