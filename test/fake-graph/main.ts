// `npm run fake-graph`: a Graph server on this machine to rehearse with. Point the program at it
// with the variables it prints, throw faults at it, and read the ledger of what really took effect.
import { parseArgs } from 'node:util';
import type { FaultOdds } from './fake-graph-faults.js';
import { FakeScore } from './fake-graph-score.js';
import { FakeGraphServer } from './fake-graph-server.js';

const TOKEN = 'fake-token-for-rehearsals';
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4010' },
    campaigns: { type: 'string', default: '20' },
    'ad-sets': { type: 'string', default: '3' },
    currency: { type: 'string', default: 'USD' },
    latency: { type: 'string', default: '40' },
    faults: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    tier: { type: 'string' },
  },
});

const fake = await FakeGraphServer.start({ currency: values.currency }, Number(values.port));
fake.latencyMs = Number(values.latency);
fake.gzip = true;
fake.world.addToken(TOKEN);
const ads: string[] = [];
for (let campaign = 1; campaign <= Number(values.campaigns); campaign++) {
  const campaignId = String(1000 + campaign);
  fake.world.addObject({ id: campaignId, type: 'campaign' });
  for (let set = 1; set <= Number(values['ad-sets']); set++) {
    const id = `${campaignId}${String(set).padStart(2, '0')}`;
    fake.world.addObject({ id, type: 'adset', parentId: campaignId, dailyBudget: 5000 });
    ads.push(id);
  }
}
if (values.tier === 'development_access' || values.tier === 'standard_access') {
  fake.score = new FakeScore(values.tier, fake.world.adAccountId, () => Date.now());
}
fake.faults.seed(Number(values.seed), ...faultOdds(Number(values.faults)));
fake.routes.unshift((call, world) => {
  if (call.path !== 'ledger') return null;
  const { effects, crowded } = world;
  return { status: 200, body: { effects, crowded, calls: fake.calls } };
});

console.log(`A Graph server answers on ${fake.url}; its ledger is at ${fake.url}/ledger`);
console.log(`Ad sets ${ads[0]} to ${ads.at(-1)}, campaign id = the first four digits.`);
console.log('Start the program against it with:');
console.log(
  `  META_GRAPH_URL=${fake.url} META_ACCESS_TOKEN=${TOKEN} META_AD_ACCOUNT_ID=act_1000 ` +
    'META_ACCESS_TIER=standard_access EXECUTION_MODE=live npm start',
);

/** Everything that goes wrong at Meta, in equal shares of the given probability per call. */
function faultOdds(probability: number): FaultOdds[] {
  const share = probability / 8;
  const odds: FaultOdds['odds'] = [
    { probability: share, fault: { kind: 'reset', applied: true } },
    { probability: share, fault: { kind: 'reset', applied: false } },
    { probability: share, fault: { kind: 'silent_no_op' } },
    { probability: share, fault: { kind: 'service_unavailable', applied: true } },
    { probability: share, fault: { kind: 'error', error: { code: 2, isTransient: true } } },
    { probability: share, fault: { kind: 'delay', ms: 2000 } },
    { probability: share, fault: { kind: 'drip', ms: 300 } },
    { probability: share, fault: { kind: 'outside_edit', change: { dailyBudget: 4900 } } },
  ];
  return [
    { target: 'write', odds },
    { target: 'batch', odds: odds.slice(0, 2) },
  ];
}
