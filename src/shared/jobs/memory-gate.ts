// May a job start at this much memory? A skipped run costs freshness; a process killed for its
// memory costs every run that was under way, so the gate errs towards skipping.
import type { JobTrigger } from './job.js';

export interface MemoryThresholds {
  memoryWarnMb: number;
  memorySkipMb: number;
  memoryCriticalMb: number;
}

export type MemoryDecision =
  { kind: 'run' } | { kind: 'warn'; detail: string } | { kind: 'skip'; reason: string };

export function memoryDecision(
  residentMb: number,
  thresholds: MemoryThresholds,
  job: { heavy: boolean; trigger: JobTrigger },
): MemoryDecision {
  const { memoryWarnMb, memorySkipMb, memoryCriticalMb } = thresholds;
  const over = (name: string, limit: number) => `memory: ${residentMb} MB >= ${name} (${limit})`;
  // A person who asks for a light job may see more than the gate does, and gets it.
  if (residentMb >= memoryCriticalMb && job.trigger === 'cron') {
    return { kind: 'skip', reason: over('MEMORY_CRITICAL_MB', memoryCriticalMb) };
  }
  if (residentMb >= memorySkipMb && job.heavy) {
    return { kind: 'skip', reason: over('MEMORY_SKIP_MB', memorySkipMb) };
  }
  if (residentMb >= memoryWarnMb) {
    return { kind: 'warn', detail: over('MEMORY_WARN_MB', memoryWarnMb) };
  }
  return { kind: 'run' };
}
