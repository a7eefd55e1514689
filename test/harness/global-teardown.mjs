import { rm } from 'node:fs/promises';

export default async function teardown() {
  const held = globalThis.loopgainTestDatabase;
  if (!held) return;
  await held.database.close();
  await rm(held.dataDir, { recursive: true, force: true });
}
