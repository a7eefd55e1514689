// Whether the database has room to write. Reads go on without, so that a ping says nothing of it.
import { statfs } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';

/** So long after the database refused a write for want of room it is taken to have none. */
const RECENT_MILLIS = 30_000;
/** One segment of the embedded database's log; without room for the next one it stops. */
const BYTES_MIN = 16 * 1024 * 1024;
const DISK_FULL = '53100';

@Injectable()
export class FullDisk {
  private saidAt = -Infinity;

  constructor(private readonly config: Config) {}

  /** Any failure may be shown here; those of other kinds say nothing. */
  note(error: unknown): void {
    const { code, driverError } = (error ?? {}) as { code?: unknown; driverError?: unknown };
    const inner = (driverError as { code?: unknown } | undefined)?.code;
    if (code === DISK_FULL || inner === DISK_FULL) this.saidAt = performance.now();
  }

  async isFull(): Promise<boolean> {
    if (performance.now() - this.saidAt < RECENT_MILLIS) return true;
    if (this.config.databaseUrl !== null) return false;
    const disk = await statfs(this.config.dataDir).catch(() => null);
    return disk !== null && disk.bavail * disk.bsize < BYTES_MIN;
  }
}
