import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { childEnvironment, containerMemoryLimitMb, readEnvironment } from './environment.js';

const work = mkdtempSync(join(tmpdir(), 'loopgain-environment-'));

afterAll(() => {
  delete process.env.LOOPGAIN_SPEC_REAL;
  delete process.env.LOOPGAIN_SPEC_EMPTY;
  rmSync(work, { recursive: true, force: true });
});

describe('the environment', () => {
  it('takes .env, over which what is really set wins and what is empty does not', () => {
    const file = join(work, '.env');
    writeFileSync(
      file,
      'LOOPGAIN_SPEC_FILE="a # b"\nLOOPGAIN_SPEC_REAL=file\nLOOPGAIN_SPEC_EMPTY=file\n',
    );
    process.env.LOOPGAIN_SPEC_REAL = 'real';
    process.env.LOOPGAIN_SPEC_EMPTY = ' ';
    const { LOOPGAIN_SPEC_FILE, LOOPGAIN_SPEC_REAL, LOOPGAIN_SPEC_EMPTY } = readEnvironment(file);
    expect([LOOPGAIN_SPEC_FILE, LOOPGAIN_SPEC_REAL, LOOPGAIN_SPEC_EMPTY]).toEqual([
      'a # b',
      'real',
      'file',
    ]);
  });

  it('does without .env, and says when there is one that cannot be read', () => {
    expect(readEnvironment(join(work, 'absent')).PATH).toBe(process.env.PATH);
    mkdirSync(join(work, 'folder'));
    expect(() => readEnvironment(join(work, 'folder'))).toThrow(/^Cannot read .*EISDIR/);
  });

  it('hands no secret to child processes', () => {
    process.env.LOOPGAIN_SPEC_REAL = 'hush';
    expect(Object.values(childEnvironment())).not.toContain('hush');
  });

  it('knows a container limit only when it is below the machine', () => {
    const limit = containerMemoryLimitMb();
    expect(limit === null || limit > 0).toBe(true);
  });
});
