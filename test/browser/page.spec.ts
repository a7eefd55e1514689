// The page in a real browser against the real server: what a visitor sees and may press.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { TEST_ADMIN_TOKEN, startTestServer, type TestServer } from '../harness/server.js';
import { launchChromium } from './chromium.js';

const ACCOUNT = 'playground';

let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await launchChromium();
  server = await startTestServer();
  const body = { account_id: ACCOUNT, name: 'Playground', seed: 11, ads: 8, history_days: 20 };
  const made = await server.admin('POST', '/admin/sandbox', body);
  expect(made.status).toBe(201);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  page = await context.newPage();
  // Chromium tells broken content-security rules on the console too.
  complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
});

afterEach(async () => {
  await context.close();
});

async function visitWithToken(token = TEST_ADMIN_TOKEN): Promise<void> {
  await page.goto(`${server.url}/#token=${token}`);
}

async function figure(stage: string, name: string): Promise<number> {
  const figure = page.locator(`[data-stage="${stage}"] [data-count="${name}"] dd`);
  return Number((await figure.innerText()).replaceAll(',', ''));
}

describe('the page', () => {
  it('shows the four stages of a simulated account and says that it is simulated', async () => {
    await visitWithToken();
    await page.locator('.stage').first().waitFor();
    expect(await page.locator('.stage h3').allInnerTexts()).toEqual([
      'Measure',
      'Believe',
      'Decide',
      'Execute',
    ]);
    expect(await page.locator('#simulated').innerText()).toBe('SIMULATED');
    expect(await page.locator('#ads tbody tr').count()).toBe(8);
    expect(await page.locator('#ads svg.bar').count()).toBeGreaterThan(8);
    expect(await page.locator('#jobs tbody .name').allInnerTexts()).toEqual(
      expect.arrayContaining(['executor', 'metrics']),
    );
    expect(complaints).toEqual([]);
  });

  it('takes the token out of the address bar and keeps it for this tab', async () => {
    await visitWithToken();
    await page.locator('.stage').first().waitFor();
    expect(page.url()).toBe(`${server.url}/`);
    await page.reload();
    await page.locator('.stage').first().waitFor();
    expect(complaints).toEqual([]);
  });

  it('asks before a link replaces the token that the tab has', async () => {
    await visitWithToken();
    await page.locator('.stage').first().waitFor();
    const asked: string[] = [];
    page.on('dialog', (dialog) => {
      asked.push(dialog.message());
      void dialog.dismiss();
    });
    // The same document with another fragment would not be loaded anew.
    await page.goto('about:blank');
    await visitWithToken('the-token-of-somebody-else-0123456789');
    await page.locator('.stage').first().waitFor();
    expect(asked).toEqual([expect.stringContaining('another token')]);
    expect(page.url()).toBe(`${server.url}/`);
    const kept = "window.sessionStorage.getItem('loopgain.token')";
    expect(await page.evaluate(kept)).toBe(TEST_ADMIN_TOKEN);
    expect(complaints).toEqual([]);
  });

  it('moves the clock by a day, decides and carries out when asked for the next day', async () => {
    await visitWithToken();
    await page.locator('.stage').first().waitFor();
    const before = {
      clock: await page.locator('#clock').innerText(),
      decisions: await figure('decide', 'decisions'),
      completed: await figure('execute', 'completed'),
    };
    await page.getByRole('button', { name: 'Next day' }).click();
    await page.locator('#day-progress').waitFor({ state: 'visible' });
    await page.locator('#day-progress').waitFor({ state: 'hidden' });

    expect(await page.locator('#clock').innerText()).not.toBe(before.clock);
    expect(await figure('decide', 'decisions')).toBe(before.decisions + 1);
    expect(await figure('execute', 'completed')).toBeGreaterThan(before.completed);
    expect(await page.locator('#announce').innerText()).toContain('One decision was made');
    const reasons = await page.locator('.decision[open] [data-label="Reason"]').allTextContents();
    expect(reasons.length).toBeGreaterThan(0);
    expect(reasons.filter((reason) => reason.trim() === '')).toEqual([]);
    const changed = page.locator('#changes tbody tr').filter({ hasText: 'completed' }).first();
    expect(await changed.locator('[data-label="Before"]').innerText()).toMatch(/\$[\d,.]+/);
    expect(await changed.locator('[data-label="After"]').innerText()).toMatch(/\$[\d,.]+/);
    expect(complaints).toEqual([]);
  });

  it('runs a job and throws the kill switch by its buttons', async () => {
    await visitWithToken();
    await page.getByRole('button', { name: 'Run the metrics job now' }).click();
    await page.locator('#announce', { hasText: 'The metrics job succeeded' }).waitFor();
    await page.getByRole('button', { name: 'Pause execution' }).click();
    await page.locator('.stuck', { hasText: 'Execution was paused by' }).waitFor();
    await page.getByRole('button', { name: 'Resume execution' }).click();
    await page.getByRole('button', { name: 'Pause execution' }).waitFor();
    expect(await page.locator('.stuck', { hasText: 'paused' }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('asks for the token when there is none and opens with the one typed in', async () => {
    await page.goto(`${server.url}/`);
    await page.getByLabel('Admin token').fill(TEST_ADMIN_TOKEN);
    expect(await page.locator('#main').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.locator('.stage').first().waitFor();
    expect(complaints).toEqual([]);
  });

  it('says so when the token is wrong, and asks again', async () => {
    await visitWithToken('not-the-token-of-this-server-0123456789');
    await page.locator('#sign-in-problem').waitFor();
    expect(await page.locator('#sign-in-problem').innerText()).toContain('did not accept');
    expect(await page.getByLabel('Admin token').isVisible()).toBe(true);
  });

  it('shows what an account calls its ads as text, never as markup', async () => {
    const name = '<img src=x onerror="document.title=1">';
    const account = { account_id: 'shop', name: 'Shop', currency: 'EUR' };
    await server.admin('POST', '/v1/accounts', account);
    const ad = { ad_id: 'a1', campaign_id: 'c1', name, status: 'active', daily_budget: 10 };
    const put = { account_id: 'shop', ads: [{ ...ad, started_at: '2026-01-01T00:00:00Z' }] };
    expect((await server.admin('PUT', '/v1/ads', put)).body).toMatchObject({ accepted: 1 });
    await visitWithToken();
    await page.locator('.stage').first().waitFor();
    await page.getByLabel('Account').selectOption('shop');
    await page.locator('#ads .name', { hasText: name }).waitFor();
    expect(await page.locator('#ads img').count()).toBe(0);
    expect(await page.locator('#simulated').isVisible()).toBe(false);
    expect(await page.locator('#ads [data-label="Spend"]').innerText()).toContain('not known');
    expect(complaints).toEqual([]);
  });

  it('fits a phone without scrolling sideways', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await visitWithToken();
    await page.locator('.stage').first().waitFor();
    await page.locator('#changes .cell, #changes .empty').first().waitFor();
    const width = (what: string) => page.evaluate<number>(`document.documentElement.${what}`);
    expect(await width('scrollWidth')).toBeLessThanOrEqual(await width('clientWidth'));
  });
});

describe('the parts of the page', () => {
  it('are served under a strict policy, with tags that make a second look cheap', async () => {
    const first = await fetch(`${server.url}/page/page.js`);
    const policy = first.headers.get('content-security-policy');
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe-inline');
    expect(first.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const etag = first.headers.get('etag') ?? '';
    const second = await fetch(`${server.url}/page/page.js`, {
      headers: { 'if-none-match': etag },
    });
    expect(second.status).toBe(304);
  });

  it('are the listed ones only', async () => {
    for (const path of ['..%2Fpage.controller.ts', '%2e%2e%2findex.ts', 'nothing.js']) {
      expect((await fetch(`${server.url}/page/${path}`)).status).toBe(404);
    }
  });
});
