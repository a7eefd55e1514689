// The viewer of the API's document in a real browser, from the built server: one of its packages
// cannot be loaded inside Jest.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { createTestSchema, type TestSchema } from '../harness/database.js';
import { startProcess, type ServerProcess } from '../harness/server-process.js';
import { launchChromium } from './chromium.js';

let browser: Browser;
let schema: TestSchema;
let folder: string;
let server: ServerProcess;

beforeAll(async () => {
  browser = await launchChromium();
  schema = await createTestSchema();
  folder = await mkdtemp(join(tmpdir(), 'loopgain-docs-'));
  server = await startProcess({
    ...{ DATA_DIR: folder, DATABASE_URL: schema.url, CRON_ENABLED: 'false', LOG_LEVEL: 'error' },
  });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
  await schema?.drop();
});

describe('the viewer of the document', () => {
  it('shows the operations, and breaks no rule of content that it is served under', async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    const answer = await page.goto(`${server.url}/docs`);
    const policy = answer?.headers()['content-security-policy'];
    expect(policy).toContain("script-src 'self';");
    const operation = page.locator('.opblock', { hasText: '/v1/sampling/allocate' }).first();
    await operation.waitFor();
    await operation.click();
    await operation.getByText('The decision is recorded with its inputs and seed').waitFor();
    expect(await page.locator('.opblock').count()).toBeGreaterThan(40);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
