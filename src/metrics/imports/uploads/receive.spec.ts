import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { receive } from './receive.js';

const wait = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis));

describe('receiving a body', () => {
  it('takes every byte, however long it takes, as long as it never stands', async () => {
    const body = new PassThrough();
    const taken: string[] = [];
    const done = receive(body, 400, (bytes) => {
      taken.push(bytes.toString());
      return wait(5);
    });
    for (const piece of ['a', 'b', 'c', 'd', 'e', 'f']) {
      body.write(piece);
      await wait(100);
    }
    body.end('g');
    await done;
    expect(taken.join('')).toBe('abcdefg');
  });

  it('ends when the last byte is written, not when the last one came', async () => {
    // Its end is known before its last piece is read.
    const body = new Readable({ read: () => undefined });
    body.push('all of it');
    body.push(null);
    let written = 0;
    await receive(body, 1000, async (bytes) => {
      await wait(50);
      written += bytes.length;
    });
    expect(written).toBe(9);
  });

  it('ends one that stands with 408, and the rest can still be thrown away', async () => {
    const body = new PassThrough();
    body.write('a');
    await expect(receive(body, 50, () => Promise.resolve())).rejects.toMatchObject({ status: 408 });
    expect(body.destroyed).toBe(false);
    const rest = new Promise((resolve) => body.once('end', resolve));
    body.end('b');
    body.resume();
    await rest;
  });

  it('ends one that breaks off, or that cannot be written', async () => {
    const broken = new PassThrough();
    const breaks = receive(broken, 1000, () => Promise.resolve());
    broken.destroy();
    await expect(breaks).rejects.toMatchObject({ code: 'imports.broken_off' });
    await expect(receive(broken, 1000, () => Promise.resolve())).rejects.toMatchObject({
      code: 'imports.broken_off',
    });
    const body = new PassThrough();
    body.write('a');
    await expect(receive(body, 1000, () => Promise.reject(new Error('full')))).rejects.toThrow(
      'full',
    );
  });
});
