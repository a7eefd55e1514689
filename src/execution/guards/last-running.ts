// Never stop the last object that runs: it would end all advertising and all learning. Pure.
import type { Deferral, Refusal } from './guard-rules.js';

/** Ids of objects that own a budget. */
export interface Running {
  active: ReadonlySet<string>;
  /** Those among them whose stop is under way: sent, and nobody has heard of it yet. */
  stopping: ReadonlySet<string>;
}

/** By then a stop that is under way has been answered, or is in doubt and asked about. */
const LOOK_AGAIN_MILLIS = 5000;

/** Whether stopping an object would leave none; null = another one goes on. */
export function lastRunning(
  { active, stopping }: Running,
  adId: string,
): Deferral | ({ kind: 'blocked' } & Refusal) | null {
  const others = [...active].filter((id) => id !== adId);
  if (others.some((id) => !stopping.has(id))) return null;
  const code = 'execution.last_active';
  if (others.length === 0) {
    return { kind: 'blocked', code, detail: 'it is the last active object of the account' };
  }
  const detail = 'every other active object of the account is just being stopped';
  return { kind: 'deferred', code, detail, waitMillis: LOOK_AGAIN_MILLIS };
}

export function without({ active, stopping }: Running, adId: string): Running {
  return { active, stopping: new Set([...stopping, adId]) };
}
