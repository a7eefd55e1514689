// The ear of learning: what another room inserted is learned within about a second. Not a job: it
// has no run to show, it is the second half of an insert.
import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { EventsIntake } from './events-intake.service.js';

const POLL_MILLIS = 1000;

@Injectable()
export class EventsPoll {
  constructor(private readonly intake: EventsIntake) {}

  @Interval('learnQueuedEvents', POLL_MILLIS)
  async poll(): Promise<void> {
    await this.intake.pollQueue();
  }
}
