// How many uploads may lie on the disk at a time, and how large: counted by account and in all, so
// that one account cannot keep the others out and all together cannot fill the disk.
import { DomainError } from '../../../shared/errors.js';

/** The contract's bound on one import. */
export const UPLOAD_BYTES_MAX = 1024 * 1024 * 1024;
/** A second file may come while the first is merged; more of one account would crowd out others. */
const UPLOADS_PER_ACCOUNT_MAX = 2;
/** Beyond these, sockets and files stand open for clients that may never finish. */
const UPLOADS_MAX = 20;
/** All uploads together; the database lies on the same disk and must keep its room. */
const BYTES_MAX = 8 * UPLOAD_BYTES_MAX;
/** An upload takes seconds to minutes; asking more often only costs both sides. */
const RETRY_AFTER_SECONDS = 10;

export class UploadSpace {
  private readonly accounts = new Map<string, number>();
  private bytes = 0;

  /** @throws DomainError 429 `imports.busy`, 413 `imports.too_large`. */
  enter(accountId: string, announcedBytes: number | null): UploadPlace {
    if (announcedBytes !== null && announcedBytes > UPLOAD_BYTES_MAX) throw tooLarge();
    const own = this.accounts.get(accountId) ?? 0;
    if (own >= UPLOADS_PER_ACCOUNT_MAX) {
      throw busy(`${own} uploads of this account are under way; wait for one of them to end.`);
    }
    const all = [...this.accounts.values()].reduce((sum, count) => sum + count, 0);
    if (all >= UPLOADS_MAX || this.bytes + (announcedBytes ?? 0) > BYTES_MAX) {
      throw busy('The server is taking as many uploads as it can; send this one a little later.');
    }
    this.accounts.set(accountId, own + 1);
    return new UploadPlace(
      (bytes) => this.grow(bytes),
      (bytes) => this.leave(accountId, bytes),
    );
  }

  private grow(bytes: number): void {
    if (this.bytes + bytes > BYTES_MAX) {
      throw busy('Other uploads have taken the room for this one; send it a little later.');
    }
    this.bytes += bytes;
  }

  private leave(accountId: string, bytes: number): void {
    this.bytes -= bytes;
    const left = (this.accounts.get(accountId) ?? 1) - 1;
    if (left === 0) this.accounts.delete(accountId);
    else this.accounts.set(accountId, left);
  }
}

/** What one upload occupies, from its first byte until its file is gone. */
class UploadPlace {
  private bytes = 0;
  private left = false;

  constructor(
    private readonly grow: (bytes: number) => void,
    private readonly giveBack: (bytes: number) => void,
  ) {}

  /** @throws DomainError 413 when the upload is too large, 429 when the room is gone. */
  add(bytes: number): void {
    if (this.bytes + bytes > UPLOAD_BYTES_MAX) throw tooLarge();
    this.grow(bytes);
    this.bytes += bytes;
  }

  leave(): void {
    if (this.left) return;
    this.left = true;
    this.giveBack(this.bytes);
  }
}

function tooLarge(): DomainError {
  return new DomainError(413, 'imports.too_large', 'The file is larger than 1 GiB.');
}

function busy(detail: string): DomainError {
  return new DomainError(429, 'imports.busy', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
