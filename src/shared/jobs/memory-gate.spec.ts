import { describe, expect, it } from '@jest/globals';
import { memoryDecision } from './memory-gate.js';

const THRESHOLDS = { memoryWarnMb: 1200, memorySkipMb: 1600, memoryCriticalMb: 1800 };
const heavyCron = { heavy: true, trigger: 'cron' as const };
const lightCron = { heavy: false, trigger: 'cron' as const };
const heavyManual = { heavy: true, trigger: 'manual' as const };
const lightManual = { heavy: false, trigger: 'manual' as const };

describe('the memory gate', () => {
  it('lets every job run below the warning', () => {
    for (const job of [heavyCron, lightCron, heavyManual, lightManual]) {
      expect(memoryDecision(1199, THRESHOLDS, job)).toEqual({ kind: 'run' });
    }
  });

  it('warns from the warning on, and runs', () => {
    expect(memoryDecision(1200, THRESHOLDS, heavyCron)).toEqual({
      kind: 'warn',
      detail: 'memory: 1200 MB >= MEMORY_WARN_MB (1200)',
    });
  });

  it('skips heavy jobs from MEMORY_SKIP_MB on, whoever asked', () => {
    const skip = { kind: 'skip', reason: 'memory: 1600 MB >= MEMORY_SKIP_MB (1600)' };
    expect(memoryDecision(1600, THRESHOLDS, heavyCron)).toEqual(skip);
    expect(memoryDecision(1600, THRESHOLDS, heavyManual)).toEqual(skip);
    expect(memoryDecision(1599, THRESHOLDS, heavyCron).kind).toBe('warn');
    expect(memoryDecision(1600, THRESHOLDS, lightCron).kind).toBe('warn');
  });

  it('skips every cron job from MEMORY_CRITICAL_MB on', () => {
    const skip = { kind: 'skip', reason: 'memory: 1800 MB >= MEMORY_CRITICAL_MB (1800)' };
    expect(memoryDecision(1800, THRESHOLDS, heavyCron)).toEqual(skip);
    expect(memoryDecision(1800, THRESHOLDS, lightCron)).toEqual(skip);
    expect(memoryDecision(1799, THRESHOLDS, lightCron).kind).toBe('warn');
  });

  it('still runs a light job that a person asked for', () => {
    expect(memoryDecision(1800, THRESHOLDS, lightManual).kind).toBe('warn');
    expect(memoryDecision(1800, THRESHOLDS, heavyManual).kind).toBe('skip');
  });
});
