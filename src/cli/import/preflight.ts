// A look at the beginning of a file before an account is made for it: a file of another kind should
// leave nothing behind.
import { open } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import type { Account } from '../../accounts/index.js';
import { AdsImport } from '../../metrics/index.js';

/** Far more than any header; a few thousand rows. */
const LOOKED_AT_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** @throws DomainError `imports.unreadable` for what cannot be read at all. */
export async function refuseUnreadable(
  app: INestApplicationContext,
  account: Account,
  file: string,
): Promise<void> {
  const beginning = await beginningOf(file);
  async function* source(): AsyncGenerator<Buffer> {
    yield beginning;
  }
  await app.get(AdsImport).run(account, source(), { asOf: new Date(), dryRun: true });
}

/** Whole lines, so that no character is cut in two; UTF-16 has its newline in two bytes. */
async function beginningOf(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LOOKED_AT_BYTES), 0);
    const read = buffer.subarray(0, bytesRead);
    if (bytesRead < LOOKED_AT_BYTES) return read;
    const end = read.lastIndexOf(NEWLINE) + 1;
    const isLittleEndian16 = read[0] === 0xff && read[1] === 0xfe;
    return end === 0 ? read : read.subarray(0, isLittleEndian16 ? end + 1 : end);
  } finally {
    await handle.close();
  }
}
