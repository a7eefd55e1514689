import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Breather, HeavyWork } from './heavy-work.service.js';
import { inChunks, mapped } from './steps.js';

describe('heavy work', () => {
  it('goes one piece at a time for one account, in the order of coming, and beside others', async () => {
    const heavy = new HeavyWork();
    const told: string[] = [];
    const work = (name: string) => async () => {
      told.push(`${name} begins`);
      await delay(10);
      told.push(`${name} ends`);
      return name;
    };
    const all = [
      heavy.run('a', null, work('a1')),
      heavy.run('a', null, () => Promise.reject(new Error('no'))).catch(() => 'failed'),
      heavy.run('a', null, work('a2')),
      heavy.run('b', null, work('b1')),
    ];
    expect(await Promise.all(all)).toEqual(['a1', 'failed', 'a2', 'b1']);
    expect(told.indexOf('a2 begins')).toBeGreaterThan(told.indexOf('a1 ends'));
    expect(told.indexOf('b1 begins')).toBeLessThan(told.indexOf('a1 ends'));
  });

  it('is shared by equal requests only, and only while it lasts', async () => {
    const heavy = new HeavyWork();
    let times = 0;
    const work = async () => {
      await delay(5);
      return ++times;
    };
    const both = await Promise.all([heavy.run('a', 'k', work), heavy.run('a', 'k', work)]);
    expect(both).toEqual([1, 1]);
    expect(await Promise.all([heavy.run('a', 'k', work), heavy.run('a', 'l', work)])).toEqual([
      2, 3,
    ]);
  });

  it('turns away with 503 who finds twenty waiting', async () => {
    const heavy = new HeavyWork();
    let release = (): void => undefined;
    const first = heavy.run('a', null, () => new Promise<void>((resolve) => (release = resolve)));
    await delay(1);
    const waiting = Array.from({ length: 20 }, () => heavy.run('a', null, () => Promise.resolve()));
    await expect(heavy.run('a', null, () => Promise.resolve())).rejects.toMatchObject({
      ...{ status: 503, code: 'server.busy', extras: { retryAfterSeconds: 30 } },
    });
    release();
    await Promise.all([first, ...waiting]);
    expect(await heavy.run('a', null, () => Promise.resolve('next'))).toBe('next');
  });

  it('is not begun for askers who have left, and is for who still waits for it', async () => {
    const heavy = new HeavyWork();
    let release = (): void => undefined;
    const first = heavy.run('a', null, () => new Promise<void>((resolve) => (release = resolve)));
    const begun: string[] = [];
    const work = (name: string) => () => Promise.resolve(void begun.push(name));
    const [one, other] = [new AbortController(), new AbortController()];
    const left = [
      heavy.run('a', null, work('left'), one),
      heavy.run('a', 'k', work('left by both'), one),
      heavy.run('a', 'k', work('never'), other),
    ].map((piece) => piece.catch(({ code }: { code: string }) => code));
    const kept = [
      heavy.run('a', 'l', work('kept'), one),
      heavy.run('a', 'l', work('never'), new AbortController()),
    ];
    one.abort();
    other.abort();
    expect(await Promise.all(left)).toEqual(['server.busy', 'server.busy', 'server.busy']);
    release();
    await Promise.all([first, ...kept, heavy.run('a', 'k', work('anew'))]);
    expect(begun).toEqual(['kept', 'anew']);
  });

  it('goes two pieces at a time over all accounts, large ones beside small ones', async () => {
    const heavy = new HeavyWork();
    let now = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++now);
      await delay(5);
      now -= 1;
    };
    await Promise.all(['a', 'b', 'c', 'd'].map((id) => heavy.run(id, null, work)));
    expect(most).toBe(2);
    const never = ['a', 'b'].map((id) => heavy.run(id, null, () => delay(50)));
    const began = performance.now();
    await heavy.run('c', null, () => Promise.resolve(), { size: 'millis' });
    expect(performance.now() - began).toBeLessThan(40);
    await Promise.all(never);
  });

  it('holds whatever was there when it was asked for, where that is wanted', async () => {
    const heavy = new HeavyWork();
    let times = 0;
    const work = async () => {
      times += 1;
      const seen = times;
      await delay(5);
      return seen;
    };
    const run = () => heavy.run('a', 'k', work, { isFresh: true });
    const first = run();
    await delay(1);
    expect(await Promise.all([first, run(), run(), run()])).toEqual([1, 2, 2, 2]);
  });

  it('lets others be served while it computes', async () => {
    let served = 0;
    const timer = setInterval(() => (served += 1), 1);
    const busy = (until: number) => {
      while (performance.now() < until);
    };
    const steps = inChunks(64 * 40, () => busy(performance.now() + 2));
    await new Breather().through(steps);
    clearInterval(timer);
    expect(served).toBeGreaterThan(5);
    expect(await new Breather().through(mapped([3, 1, 2], (n, i) => n * 10 + i))).toEqual([
      30, 11, 22,
    ]);
  });
});
