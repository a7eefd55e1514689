// One PostgreSQL for the whole test run: the embedded one, unless TEST_DATABASE_URL names a server.
// Plain JavaScript on the built files, because Jest loads this file outside its own transforms.
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWhenStale } from '../../scripts/build.mjs';

export default async function setup() {
  process.env.TEST_TEMPLATE = `loopgain_template_${randomBytes(6).toString('hex')}`;
  if (process.env.TEST_DATABASE_URL) return;
  await buildWhenStale();
  const { openEmbeddedDatabase } =
    await import('../../dist/src/shared/database/embedded/open-embedded-database.js');
  const dataDir = await mkdtemp(join(tmpdir(), 'loopgain-test-'));
  const log = { info: () => undefined, warn: () => undefined };
  const database = await openEmbeddedDatabase({ dataDir, role: 'tool', log });
  process.env.TEST_DATABASE_URL = database.adminUrl;
  globalThis.loopgainTestDatabase = { database, dataDir };
}
