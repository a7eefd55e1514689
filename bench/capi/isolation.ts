// What finding k poisoned events among a thousand costs in calls: no answer names the culprit, so
// nothing can do better than k·log2(1000/k) in the mean.
import { createHash } from 'node:crypto';
import { Isolation } from '../../src/attribution/index.js';
import { rounded } from '../measure.js';
import { ACCOUNT, purchase, type Rig } from './rig.js';

const SIZE = 1000;
const DRAWS = 1000;

/** Over seeded draws of the search alone, and once through the server to the last event. */
export async function measureIsolation(rig: Rig) {
  const figures = [];
  for (const poisoned of [1, 3, 10]) {
    const through = await callsOfServer(rig, poisoned);
    figures.push({ ...isolationCost(poisoned), calls_of_server: through });
  }
  return { isolation: figures };
}

/** Until nothing is due: a claim ends after 40 calls, and what is left begins anew. */
async function callsOfServer(rig: Rig, poisoned: number): Promise<number> {
  const name = (index: number) => `poison-${poisoned}-${index}`;
  const data = Array.from({ length: SIZE }, (_, index) =>
    purchase(index, { event_id: name(index) }),
  );
  await rig.call('POST', '/v1/conversions', { account_id: ACCOUNT, data });
  const bad = poisonedOf(0, poisoned);
  for (const index of bad) rig.capi.poison.set(name(index), 'refused');
  const before = { calls: rig.capi.calls, taken: rig.capi.effective.length };
  await rig.deliver();
  rig.capi.poison.clear();
  const taken = rig.capi.effective.length - before.taken;
  if (taken !== SIZE - poisoned) throw new Error(`${taken} of ${SIZE} were delivered`);
  return rig.capi.calls - before.calls;
}

function isolationCost(poisoned: number) {
  const calls = Array.from({ length: DRAWS }, (_, draw) => callsFor(poisonedOf(draw, poisoned)));
  const mean = calls.reduce((sum, count) => sum + count, 0) / DRAWS;
  const bound = poisoned * Math.log2(SIZE / poisoned);
  return {
    ...{ poisoned, calls_mean: rounded(mean, 1), calls_max: Math.max(...calls) },
    ...{ bound: rounded(bound, 1), over_bound: rounded(mean / bound) },
  };
}

function poisonedOf(draw: number, count: number): Set<number> {
  const bad = new Set<number>();
  for (let turn = 0; bad.size < count; turn++) {
    bad.add(createHash('sha256').update(`${draw}/${turn}`).digest().readUInt32BE(0) % SIZE);
  }
  return bad;
}

function callsFor(bad: ReadonlySet<number>): number {
  const all = Array.from({ length: SIZE }, (_, index) => index);
  const isolation = new Isolation(all, '');
  let calls = 1;
  for (let set = isolation.next(() => undefined); set; set = isolation.next(() => undefined)) {
    calls += 1;
    const accepted = !set.some((index) => bad.has(index));
    isolation.answer(accepted ? { accepted } : { accepted, refusal: '' });
  }
  return calls;
}
