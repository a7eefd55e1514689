// The crash loop: a server that is killed at random instants while conversions come in and leave
// again. A client repeats what was not answered. In the end the Graph server's ledger, which counts
// as Meta does (each once within 48 hours), must hold what was accepted, exactly.
import type { Child } from '../measure.js';
import { ACCOUNT, CONNECTIONS, purchase, type Rig } from './rig.js';

const BATCH = 50;
const SEED = 20261122;
/** Long enough that many a kill meets a batch on its way. */
const META_MILLIS = 150;
/** Of the load before a kill. */
const LIFE_MILLIS_MAX = 2500;
/** A dead process's claim is free after 25 s. */
const END_MILLIS_MAX = 120_000;
/** As fast as the crashes allow would only measure the size of the tables. */
const PAUSE_MILLIS = 40;

type Purchase = ReturnType<typeof purchase>;

export async function measureCrashes(rig: Rig, kills: number) {
  const chance = generator(SEED);
  const before = rig.capi.effective.length;
  const receivedBefore = rig.capi.received;
  const client = new Client(rig);
  const since = performance.now();
  await rig.server.stop();
  rig.graph.latencyMs = META_MILLIS;
  for (let kill = 0; kill < kills; kill++) {
    rig.server = await rig.anotherServer({ CRON_ENABLED: 'true' });
    client.start();
    await pause(chance() * LIFE_MILLIS_MAX);
    await killed(rig.server);
    await client.stop();
    if ((kill + 1) % 10 === 0) {
      const taken = rig.capi.effective.length - before;
      console.error(`${kill + 1} kills, ${client.answered.size} answered, ${taken} at Meta`);
    }
  }
  rig.server = await rig.anotherServer({ CRON_ENABLED: 'true' });
  await client.finish();
  const effective = () => rig.capi.effective.slice(before);
  const until = Date.now() + END_MILLIS_MAX;
  while (effective().length < client.answered.size && Date.now() < until) await pause(200);
  rig.graph.latencyMs = 0;
  const ids = new Set(effective().map(({ eventId }) => eventId));
  return {
    kills,
    kill_seed: SEED,
    crash_seconds: Math.round((performance.now() - since) / 1000),
    crash_accepted: client.answered.size,
    crash_effective: effective().length,
    crash_lost: [...client.answered].filter((id) => !ids.has(id)).length,
    crash_counted_twice: effective().length - ids.size,
    crash_never_accepted: [...ids].filter((id) => !client.answered.has(id)).length,
    crash_requests_repeated: client.repeated,
    crash_events_sent_again: rig.capi.received - receivedBefore - effective().length,
  };
}

/** Sends batch after batch; what was not answered is sent again, unchanged, to the next process. */
class Client {
  readonly answered = new Set<string>();
  repeated = 0;
  private readonly open: Purchase[][] = [];
  private made = 0;
  private isRunning = false;
  private senders: Promise<void>[] = [];

  constructor(private readonly rig: Rig) {}

  start(): void {
    this.isRunning = true;
    this.senders = Array.from({ length: CONNECTIONS }, async () => {
      while (this.isRunning && (await this.send(this.open.pop() ?? this.next()))) {
        await pause(PAUSE_MILLIS);
      }
    });
  }

  async stop(): Promise<void> {
    this.isRunning = false;
    await Promise.all(this.senders);
  }

  async finish(): Promise<void> {
    for (let batch = this.open.pop(); batch; batch = this.open.pop()) {
      if (!(await this.send(batch))) throw new Error('the last server does not answer');
    }
  }

  private next(): Purchase[] {
    return Array.from({ length: BATCH }, () => {
      this.made += 1;
      return purchase(this.made, { event_id: `crash-${this.made}` });
    });
  }

  private async send(data: Purchase[]): Promise<boolean> {
    try {
      const answer = (await this.rig.call('POST', '/v1/conversions', {
        account_id: ACCOUNT,
        data,
      })) as { accepted: number; duplicates: number };
      if (answer.accepted + answer.duplicates !== data.length) throw new Error('not all taken');
      for (const { event_id: id } of data) this.answered.add(id);
      return true;
    } catch {
      this.repeated += 1;
      this.open.push(data);
      return false;
    }
  }
}

async function killed({ process: server }: Child): Promise<void> {
  const gone = new Promise((resolve) => server.on('exit', resolve));
  server.kill('SIGKILL');
  await gone;
}

/** Lehmer's generator (Park and Miller 1988): the instants of the kills can be repeated. */
function generator(seed: number): () => number {
  let state = seed % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
