// How fast the outbox is emptied through the local Graph server, with how many calls and how much
// memory; and how long a conversion takes to Meta and to the beliefs under normal load.
import { randomUUID } from 'node:crypto';
import { residentMb } from '../measure.js';
import { ACCOUNT, purchase, spread, type Rig } from './rig.js';

const READING_EVERY = 20_000;
/** What a batch takes at Meta, at best. */
const META_MILLIS = 500;
const SLOW_EVENTS = 12_000;
const AD = 'ad-believed';
const DAY_MILLIS = 86_400_000;

/** Empties what intake has queued. */
export async function measureDelivery(rig: Rig) {
  const before = { calls: rig.capi.calls, taken: rig.capi.effective.length };
  const memory = [await residentMb(rig.server.process.pid)];
  const delivered = () => rig.capi.effective.length - before.taken;
  const readings = setInterval(() => {
    if (delivered() < memory.length * READING_EVERY) return;
    void residentMb(rig.server.process.pid).then((megabytes) => memory.push(megabytes));
  }, 20);
  const since = performance.now();
  await rig.deliver();
  const seconds = (performance.now() - since) / 1000;
  clearInterval(readings);
  memory.push(await residentMb(rig.server.process.pid));
  const rate = Math.round(delivered() / seconds);
  console.error(`delivered ${delivered()} at ${rate}/s, memory ${memory.map(Math.round)} MB`);
  return {
    delivered: delivered(),
    delivered_per_second: rate,
    delivery_calls: rig.capi.calls - before.calls,
    delivery_memory_mb: memory.map(Math.round),
    ...(await measureSlowMeta(rig)),
  };
}

/** Meta's own time bounds a pixel: batches side by side are what helps. */
async function measureSlowMeta(rig: Rig) {
  await report(rig, SLOW_EVENTS);
  rig.graph.latencyMs = META_MILLIS;
  const since = performance.now();
  await rig.deliver();
  const seconds = (performance.now() - since) / 1000;
  rig.graph.latencyMs = 0;
  return {
    slow_meta_ms: META_MILLIS,
    slow_meta_delivered_per_second: Math.round(SLOW_EVENTS / seconds),
    slow_meta_one_at_a_time_at_most: Math.round(1000 / (META_MILLIS / 1000)),
  };
}

async function report(rig: Rig, count: number): Promise<void> {
  const run = randomUUID();
  await spread(count, 500, (start, part) => {
    const data = Array.from({ length: part }, (_, offset) =>
      purchase(start + offset, { event_id: `${run}-${start + offset}` }),
    );
    return rig.call('POST', '/v1/conversions', { account_id: ACCOUNT, data });
  });
}

/**
 * A shop of normal size: `perSecond` conversions one by one, credited to an ad, with the server's
 * own clocks running. From the answer to Meta, and from the answer to the ad's belief.
 */
export async function measureDelays(rig: Rig, seconds: number, perSecond = 10) {
  await rig.server.stop();
  rig.server = await rig.anotherServer({ CRON_ENABLED: 'true' });
  await registerAd(rig);
  const answered = new Map<string, number>();
  const believed: number[] = [];
  const until = Date.now() + seconds * 1000;
  for (let number = 0; Date.now() < until; number++) {
    const eventId = `delay-${randomUUID()}`;
    const event = purchase(number, { event_id: eventId, ad_id: AD });
    await rig.call('POST', '/v1/conversions', { account_id: ACCOUNT, data: [event] });
    answered.set(eventId, Date.now());
    believed.push(await untilBelieved(rig, number + 1));
    await pause(1000 / perSecond);
  }
  const arrivals = () => rig.capi.effective.filter(({ eventId }) => answered.has(eventId));
  for (let waited = 0; arrivals().length < answered.size && waited < 30_000; waited += 100) {
    await pause(100);
  }
  const delays = arrivals().map(({ eventId, at }) => at - (answered.get(eventId) ?? NaN));
  if (delays.length < answered.size) throw new Error('not everything arrived within 30 s');
  return {
    normal_load_conversions: answered.size,
    delivered_after_p50_ms: Math.round(quantile(delays, 0.5)),
    delivered_after_p99_ms: Math.round(quantile(delays, 0.99)),
    believed_after_p50_ms: Math.round(quantile(believed, 0.5)),
    believed_after_p99_ms: Math.round(quantile(believed, 0.99)),
    believed_aim_ms: 2000,
  };
}

async function registerAd(rig: Rig): Promise<void> {
  const ad = {
    ...{ ad_id: AD, campaign_id: 'c', status: 'active', daily_budget: 10 },
    started_at: new Date(Date.now() - 3 * DAY_MILLIS).toISOString(),
  };
  await rig.call('PUT', '/v1/ads', { account_id: ACCOUNT, ads: [ad] });
}

/** Milliseconds until the ad's belief holds so many conversions. */
async function untilBelieved(rig: Rig, conversions: number): Promise<number> {
  const since = performance.now();
  while (performance.now() - since < 30_000) {
    const ad = (await rig.call('GET', `/v1/ads/${AD}?account_id=${ACCOUNT}`)) as {
      belief: { evidence: { conversions: number | null } };
    };
    if ((ad.belief.evidence.conversions ?? 0) >= conversions) return performance.now() - since;
  }
  throw new Error('a conversion was not believed within 30 s');
}

/** What SIGTERM in the midst of a delivery costs: the time to the end, and what is left undone. */
export async function measureDrain(rig: Rig) {
  await report(rig, SLOW_EVENTS);
  rig.graph.latencyMs = META_MILLIS;
  const calls = rig.capi.calls;
  const running = rig.deliver().catch(() => undefined);
  while (rig.capi.calls === calls) await pause(10);
  const since = performance.now();
  const { process: stopped } = rig.server;
  await rig.server.stop();
  const millis = performance.now() - since;
  const { exitCode } = stopped;
  await running;
  rig.graph.latencyMs = 0;
  rig.server = await rig.anotherServer();
  const received = rig.capi.received;
  const effective = rig.capi.effective.length;
  await rig.deliver();
  return {
    drain_ms: Math.round(millis),
    drained_exit_code: exitCode,
    sent_again_after_drain: rig.capi.received - received - (rig.capi.effective.length - effective),
  };
}

function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
