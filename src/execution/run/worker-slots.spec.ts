import { describe, expect, it } from '@jest/globals';
import { WorkerSlots } from './worker-slots.js';

/** Work that goes on until it is told to end. */
function bench(width: number) {
  const begun: string[] = [];
  const enders = new Map<string, () => void>();
  const lanes = new WorkerSlots(width, (key) => {
    begun.push(key);
    return new Promise((resolve) => enders.set(key, resolve));
  });
  const finish = async (key: string) => {
    enders.get(key)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { lanes, begun, finish };
}

describe('lanes', () => {
  it('work off what is in line, a few at once, each once', async () => {
    const { lanes, begun, finish } = bench(2);
    lanes.add(['a', 'b', 'c', 'a', 'c']);
    expect(begun).toEqual(['a', 'b']);
    await finish('b');
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('take in more while a slow one goes on, and end when all is done', async () => {
    const { lanes, begun, finish } = bench(2);
    lanes.add(['slow']);
    let isOver = false;
    const end = lanes.end().then(() => (isOver = true));
    lanes.add(['slow', 'quick']);
    await finish('quick');
    lanes.add(['quick']);
    expect(begun).toEqual(['slow', 'quick', 'quick']);
    await finish('slow');
    expect(isOver).toBe(false);
    await finish('quick');
    await end;
    lanes.add(['late']);
    expect(begun).toHaveLength(3);
  });
});
