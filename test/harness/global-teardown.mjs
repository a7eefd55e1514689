import { rm } from 'node:fs/promises';
import pg from 'pg';

export default async function teardown() {
  const held = globalThis.loopgainTestDatabase;
  if (!held) return dropTemplate();
  await held.database.close();
  await rm(held.dataDir, { recursive: true, force: true });
}

/** A server that outlives the run keeps nothing of it. */
async function dropTemplate() {
  const client = new pg.Client({ connectionString: process.env.TEST_DATABASE_URL });
  await client.connect();
  await client.query(`drop database if exists ${process.env.TEST_TEMPLATE} with (force)`);
  await client.end();
}
