import { Injectable } from '@nestjs/common';

/** Whether the server takes new work. Set once, on the way out, before anything is closed. */
@Injectable()
export class Lifecycle {
  private draining = false;

  isDraining(): boolean {
    return this.draining;
  }

  startDraining(): void {
    this.draining = true;
  }
}
