import { it, beforeAll, afterAll } from '@jest/globals';
import { TEST_ADMIN_TOKEN, startTestServer, type TestServer } from '../harness/server.js';
import { launchChromium } from './chromium.js';
let server: TestServer;
beforeAll(async () => { server = await startTestServer(); await server.admin('POST','/admin/sandbox',{account_id:'sandbox',seed:20261122}); });
afterAll(async () => { await server.close(); });
it('shots', async () => {
  const browser = await launchChromium();
  for (const [name, width, scheme] of [['desktop',1280,'light'],['phone',390,'light'],['dark',1280,'dark'],['tablet',820,'light']] as const) {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
    await page.goto(`${server.url}/#token=${TEST_ADMIN_TOKEN}`);
    await page.locator('.stage').first().waitFor();
    if (name === 'desktop') {
      await page.screenshot({ path: '/tmp/shots/first.png', fullPage: true });
      await page.getByRole('button', { name: 'Next day' }).click();
      await page.waitForTimeout(150);
      await page.screenshot({ path: '/tmp/shots/progress.png' });
      await page.locator('#day-progress').waitFor({ state: 'hidden' });
      await page.getByRole('button', { name: 'Next day' }).click();
      await page.locator('#day-progress').waitFor({ state: 'visible' });
      await page.locator('#day-progress').waitFor({ state: 'hidden' });
    }
    await page.waitForTimeout(300);
    await page.screenshot({ path: `/tmp/shots/${name}.png`, fullPage: true });
    for (const part of ['ads','decisions','changes','jobs','stages']) { const el = page.locator('#'+part); const box = await el.boundingBox(); if (box) { await el.scrollIntoViewIfNeeded(); await page.evaluate(`document.getElementById('${part}').scrollIntoView()`); await page.screenshot({ path: `/tmp/shots/${name}-${part}.png` }); } }
    if (name === 'dark') { await page.getByRole('button', { name: 'Pause execution' }).click(); await page.waitForTimeout(600); await page.screenshot({ path: `/tmp/shots/paused.png` }); }
    await page.close();
  }
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  await page.goto(`${server.url}/#token=wrongwrong`); await page.waitForTimeout(800);
  await page.screenshot({ path: '/tmp/shots/signin.png' });
  for (const p of ['/admin/loop?account_id=sandbox','/v1/ads?account_id=sandbox','/v1/sampling/decisions?account_id=sandbox&limit=5']) { const t=performance.now(); const r = await server.admin('GET',p); process.stderr.write(`${p} ${r.status} ${Math.round(performance.now()-t)} ms ${JSON.stringify(r.body).slice(0,p.includes('loop')?4000:100)}\n`); }
  await browser.close();
}, 120000);
