// An upload lies on disk as a whole before anything opens a transaction for it: how long its bytes
// take is the client's affair, and must hold no connection of everybody's pool.
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, statfs, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Config, DomainError } from '../../../shared/index.js';
import { receive } from './receive.js';
import { UploadSpace } from './upload-space.js';

/** A client may pause, for a reconnect say; one that stands longer holds its place for nothing. */
const STANDS_MILLIS_MAX = 120_000;
/** What uploads leave free on the disk: the database may lie there too. */
const FREE_BYTES_MIN = 512 * 1024 * 1024;
const NO_SPACE_RETRY_SECONDS = 60;
const FULL_DISK = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EMFILE', 'ENFILE']);

@Injectable()
export class Uploads implements OnApplicationBootstrap {
  private readonly space = new UploadSpace();
  private readonly folder: string;

  constructor(config: Config) {
    this.folder = join(config.dataDir, 'uploads');
  }

  /** A file has its name for a moment only; what a crash left in that moment goes here. */
  async onApplicationBootstrap(): Promise<void> {
    const left = await readdir(this.folder).catch(() => []);
    await Promise.all(left.map((name) => rm(join(this.folder, name), { force: true })));
  }

  /**
   * Takes the body in whole, hands it on as a stream from disk, and forgets it.
   * @throws DomainError 429 `imports.busy`, 413 `imports.too_large`, 408 `imports.stalled`,
   *   400 `imports.broken_off`, 503 `imports.no_space`.
   */
  async within<T>(
    accountId: string,
    upload: { body: Readable; announcedBytes: number | null },
    use: (source: AsyncIterable<Buffer>) => Promise<T>,
  ): Promise<T> {
    const place = this.space.enter(accountId, upload.announcedBytes);
    let file: FileHandle | null = null;
    try {
      const spooled = await this.openNameless(upload.announcedBytes ?? 0);
      file = spooled;
      await receive(upload.body, STANDS_MILLIS_MAX, async (bytes) => {
        place.add(bytes.length);
        await spooled.appendFile(bytes);
      });
      return await use(spooled.createReadStream({ start: 0, autoClose: false }));
    } catch (error) {
      throw FULL_DISK.has((error as NodeJS.ErrnoException).code ?? '') ? noSpace() : error;
    } finally {
      await file?.close();
      place.leave();
    }
  }

  /** Without a name the file ends with its handle, also when the process is killed. */
  private async openNameless(bytes: number): Promise<FileHandle> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = await statfs(this.folder);
    if (bavail * bsize - bytes < FREE_BYTES_MIN) throw noSpace();
    const path = join(this.folder, randomUUID());
    const file = await open(path, 'wx+', 0o600);
    await rm(path, { force: true });
    return file;
  }
}

function noSpace(): DomainError {
  return new DomainError(
    503,
    'imports.no_space',
    'The folder for uploads (DATA_DIR/uploads) has no room; nothing was imported.',
    { retryAfterSeconds: NO_SPACE_RETRY_SECONDS },
  );
}
