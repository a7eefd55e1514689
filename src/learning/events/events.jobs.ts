// The ear of learning: what another room inserted is learned within about a second. Not a job: it
// has no run to show, it is the second half of an insert.
import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { EventQueue } from './event-queue.service.js';

const POLL_MILLIS = 1000;

@Injectable()
export class EventsPoll {
  constructor(private readonly queue: EventQueue) {}

  @Interval('learnQueuedEvents', POLL_MILLIS)
  async poll(): Promise<void> {
    await this.queue.poll();
  }
}
