// Small tools that the benchmarks share.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEmbeddedDatabase } from '../src/shared/database/embedded/open-embedded-database.js';

const SILENT = { info: () => undefined, warn: () => undefined };

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

/** The database named by BENCH_DATABASE_URL, else an embedded one of its own. */
export async function benchDatabase(): Promise<{ url: string; close(): Promise<void> }> {
  const url = process.env['BENCH_DATABASE_URL'];
  if (url) return { url, close: () => Promise.resolve() };
  const dataDir = await mkdtemp(join(tmpdir(), 'loopgain-bench-'));
  const database = await openEmbeddedDatabase({ dataDir, role: 'tool', log: SILENT });
  return {
    url: database.url,
    close: async () => {
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export interface Child {
  process: ChildProcess;
  /** The first line of standard output that holds an address. */
  url: string;
  startedInMillis: number;
  stop(): Promise<void>;
}

/** Starts a compiled file beside this one and waits for the address it prints. */
export async function startChild(
  file: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<Child> {
  const since = performance.now();
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const address = /http:\/\/[0-9a-z.:]+/.exec(text)?.[0];
      if (address) resolve(address);
    });
    child.on('exit', (code) => reject(new Error(`${file} ended with ${code}: ${text}`)));
  });
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  return {
    process: child,
    url,
    startedInMillis: performance.now() - since,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Resident memory of another process, MB (Linux). */
export async function residentMb(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024;
}
