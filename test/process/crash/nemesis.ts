// What happens to the processes of a run, by a seed: kill -9 at any time and while a write is in
// the air, freezes shorter and longer than a lease, cut database connections, the kill switch,
// undo.
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { SeededRandom } from '../../../src/shared/random.js';
import type { FakeGraphServer } from '../../fake-graph/fake-graph-server.js';
import type { Fleet, Worker } from './fleet.js';

const STEP_MILLIS = 600;
const SHORT_FREEZE_MILLIS = 2500;
/** Longer than a lease of 25 s and the sweep after it. */
const LONG_FREEZE_MILLIS = 29_000;
const PAUSE_AFTER_MILLIS = 9000;
const PAUSE_MILLIS = 9000;
const IN_AIR_WAIT_MILLIS = 1500;
const UNDOS_PER_STEP = 3;

type Blow = 'kill' | 'kill in the air' | 'freeze' | 'long freeze in the air' | 'cut' | 'undo';

const ODDS: readonly [Blow, number][] = [
  ['kill', 0.2],
  ['kill in the air', 0.2],
  ['freeze', 0.2],
  ['cut', 0.4],
];

export class Nemesis {
  readonly blows: Partial<Record<Blow, number>> = {};
  readonly pauses: { from: number; to: number }[] = [];
  felt = 0;
  /** One process starts at a time; until it has, the others are tormented. */
  private rebirth: Promise<void> | null = null;

  constructor(
    private readonly fleet: Fleet,
    private readonly graph: FakeGraphServer,
    private readonly client: pg.Client,
    private readonly chance: SeededRandom,
  ) {}

  /** Goes on while requests come in, and until whoever was frozen has woken. */
  async torment(requests: Promise<void>): Promise<void> {
    let isOver = false;
    const ended = requests.finally(() => (isOver = true));
    const longFreeze = this.longFreeze();
    const pause = this.pause();
    while (!isOver) {
      await sleep(STEP_MILLIS);
      if (await this.isWorkThere()) this.felt += 1;
      await this.strike(this.drawn());
      await this.undo();
    }
    await Promise.all([ended, longFreeze, pause, this.rebirth]);
  }

  private drawn(): Blow {
    let left = this.chance.uniform();
    for (const [blow, odds] of ODDS) {
      left -= odds;
      if (left < 0) return blow;
    }
    return 'cut';
  }

  private async strike(blow: Blow): Promise<void> {
    const victim = this.victim();
    if (victim === null) return;
    const isKill = blow === 'kill' || blow === 'kill in the air';
    if (isKill && this.rebirth) return this.strike('cut');
    if (blow === 'kill in the air' && !(await this.isInAir(victim))) return;
    this.count(blow);
    if (blow === 'freeze') await this.fleet.freeze(victim, SHORT_FREEZE_MILLIS);
    else if (blow === 'cut') await this.cut();
    else this.rebirth = this.fleet.restart(victim).finally(() => (this.rebirth = null));
  }

  /**
   * While a write of its is on the way, so that others find it lapsed and decide before it wakes.
   */
  private async longFreeze(): Promise<void> {
    const victim = 0;
    for (let tries = 0; tries < 5 && !(await this.isInAir(victim)); tries += 1);
    this.count('long freeze in the air');
    await this.fleet.freeze(victim, LONG_FREEZE_MILLIS);
  }

  private async pause(): Promise<void> {
    await sleep(PAUSE_AFTER_MILLIS);
    await this.fleet.ask('POST', '/v1/execution/pause');
    const from = Date.now();
    await sleep(PAUSE_MILLIS);
    this.pauses.push({ from, to: Date.now() });
    await this.fleet.ask('POST', '/v1/execution/resume');
  }

  private async undo(): Promise<void> {
    const { rows } = await this.client.query<{ account_id: string; id: string }>(
      `select account_id, id from pending_ad_changes
        where status = 'completed' and origin = 'manual' and requested_by <> 'earlier'
          and ad_id like '1%' and attempts > 0 order by md5(id) limit 200`,
    );
    for (let index = 0; index < UNDOS_PER_STEP; index += 1) {
      const one = rows[Math.floor(this.chance.uniform() * rows.length)];
      if (!one) return;
      const path = `/v1/execution/changes/${one.id}/undo?account_id=${one.account_id}`;
      if ((await this.fleet.ask('POST', path)) < 300) this.count('undo');
    }
  }

  private async cut(): Promise<void> {
    await this.client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
          and application_name <> 'nemesis'
        order by random() limit 4`,
    );
  }

  private async isWorkThere(): Promise<boolean> {
    const { rows } = await this.client.query<{ is_there: boolean }>(
      `select exists (select from pending_ad_changes
                       where status in ('claimed', 'executing', 'unknown')
                          or status = 'pending' and coalesce(not_before <= now(), true)) as is_there`,
    );
    return rows[0]?.is_there ?? false;
  }

  /** Any worker that is awake. */
  private victim(): number | null {
    const awake = this.fleet.workers.flatMap(({ isAway }, index) => (isAway ? [] : [index]));
    return awake[Math.floor(this.chance.uniform() * awake.length)] ?? null;
  }

  /** Resolves when a write of this worker has just arrived, long before it is answered. */
  private async isInAir(index: number): Promise<boolean> {
    const seen = new Set(this.graph.requests.slice(-50));
    const worker = this.fleet.workers[index];
    for (let waited = 0; worker && waited < IN_AIR_WAIT_MILLIS; waited += 5) {
      const recent = this.graph.requests.slice(-20).filter((one) => !seen.has(one));
      if (recent.some(({ headers, body }) => isWriteOf(worker, headers, body))) return true;
      await sleep(5);
    }
    return false;
  }

  private count(blow: Blow): void {
    this.blows[blow] = (this.blows[blow] ?? 0) + 1;
  }
}

function isWriteOf({ token }: Worker, headers: Record<string, string>, body: string): boolean {
  if (headers['authorization'] !== `Bearer ${token}`) return false;
  return body.includes('%22method%22%3A%22POST%22') || body.startsWith('daily_budget');
}
