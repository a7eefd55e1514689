// Real processes on one database: a calm server that only answers requests, and workers that carry
// changes out and can be killed and frozen. A worker has a token of its own, so that the Graph
// server's records tell whose call is in the air.
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const ADMIN = 'crash-admin-token-0123456789abcdefghij';
const START_MILLIS = 60_000;
const CALL_MILLIS = 4000;
const TRIES_MAX = 60;

export type WorkerKind = 'server' | 'naive';

export interface Worker {
  child: ChildProcess;
  token: string;
  /** null: it takes no requests. */
  url: string | null;
  /** Frozen, or dead and not started again yet. */
  isAway: boolean;
}

export const tokenOf = (index: number): string => `EAAtokenOfWorker${index}`;

export class Fleet {
  readonly workers: Worker[] = [];
  private readonly running = new Set<ChildProcess>();
  private desk = '';

  constructor(
    private readonly kind: WorkerKind,
    private readonly databaseUrl: string,
    private readonly graphUrl: string,
  ) {}

  /** The calm server migrates first. */
  async start(count: number): Promise<void> {
    const desk = await this.spawned('dist/src/main.js', tokenOf(0), { CRON_ENABLED: 'false' });
    this.desk = desk.url ?? '';
    await Promise.all(Array.from({ length: count }, (_, index) => this.restart(index)));
  }

  /** kill -9 at whatever it does, and a new process in its place. */
  async restart(index: number): Promise<void> {
    const dying = this.workers[index];
    if (dying) Object.assign(dying, { isAway: true });
    dying?.child.kill('SIGKILL');
    const token = tokenOf(index);
    const file = this.kind === 'server' ? 'dist/src/main.js' : 'test/process/crash/naive.mjs';
    const { child, url } = await this.spawned(file, token, {});
    this.workers[index] = { child, url, token, isAway: false };
  }

  async freeze(index: number, millis: number): Promise<void> {
    const worker = this.workers[index];
    if (!worker) return;
    worker.isAway = true;
    worker.child.kill('SIGSTOP');
    await sleep(millis);
    worker.child.kill('SIGCONT');
    worker.isAway = false;
  }

  stop(): void {
    for (const child of this.running) child.kill('SIGKILL');
  }

  /**
   * By any process that takes requests, again until one of them answers: requests are repeatable.
   */
  async ask(method: string, path: string, body: unknown = {}): Promise<number> {
    for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
      const urls = this.workers.flatMap(({ url, isAway }) => (url && !isAway ? [url] : []));
      const url = attempt % 2 === 0 ? this.desk : (urls[attempt % urls.length] ?? this.desk);
      const status = await this.call(url, method, path, body);
      if (status < 500) return status;
      await sleep(200);
    }
    throw new Error(`nobody answers ${path}`);
  }

  /** 599 = no answer. */
  private async call(url: string, method: string, path: string, body: unknown): Promise<number> {
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        signal: AbortSignal.timeout(CALL_MILLIS),
        headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      if (response.status === 400) throw new RangeError(`${path}: ${text}`);
      return response.status;
    } catch (error) {
      if (error instanceof RangeError) throw error;
      return 599;
    }
  }

  private async spawned(
    file: string,
    token: string,
    env: Record<string, string>,
  ): Promise<{ child: ChildProcess; url: string | null }> {
    const child = spawn(process.execPath, [file], {
      env: {
        ...{ PATH: process.env['PATH'], DATABASE_URL: this.databaseUrl, ADMIN_TOKEN: ADMIN },
        ...{ PORT: '0', META_GRAPH_URL: this.graphUrl, META_ACCESS_TOKEN: token },
        ...{ EXECUTION_MODE: 'live', META_ACCESS_TIER: 'standard_access', LOG_LEVEL: 'fatal' },
        ...{ RETRY_BASE_MS: '50', RATE_LIMIT_PER_MINUTE: '100000' },
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.running.add(child);
    child.on('exit', () => this.running.delete(child));
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    for (let waited = 0; waited < START_MILLIS && child.exitCode === null; waited += 50) {
      const url = /(http:\/\/127\.0\.0\.1:\d+)\//.exec(text)?.[1];
      if (url) return { child, url };
      if (text.includes('naive worker ready')) return { child, url: null };
      await sleep(50);
    }
    throw new Error(`a process did not start:\n${text}`);
  }
}
