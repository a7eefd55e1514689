import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { StartupError } from '../errors.js';
import { tokenWeakness } from '../config/config.js';
import { dataFolderSecret } from './data-folder-secrets.js';

const work = mkdtempSync(join(tmpdir(), 'loopgain-secrets-'));
const dataDir = join(work, 'made', 'on', 'demand');

afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('dataFolderSecret', () => {
  it('makes one strong secret, however many starts ask at once, and keeps it', async () => {
    const asked = Array.from({ length: 8 }, () => dataFolderSecret(dataDir, 'admin-token'));
    const secrets = await Promise.all(asked);
    const [first] = secrets;
    expect(new Set(secrets.map(({ value }) => value)).size).toBe(1);
    expect(secrets.filter(({ madeHere }) => madeHere)).toHaveLength(1);
    expect(tokenWeakness(first?.value ?? '')).toBeNull();
    expect(await dataFolderSecret(dataDir, 'admin-token')).toEqual({
      value: first?.value,
      madeHere: false,
      file: join(dataDir, 'admin-token'),
    });
    expect((await dataFolderSecret(dataDir, 'secrets-key')).value).not.toBe(first?.value);
    expect(readdirSync(dataDir).sort()).toEqual(['admin-token', 'secrets-key']);
  });

  it('keeps the file to its owner, also after a restored backup opened it', async () => {
    if (process.platform === 'win32') return;
    const file = join(dataDir, 'admin-token');
    const mode = (): number => statSync(file).mode & 0o777;
    expect(mode()).toBe(0o600);
    chmodSync(file, 0o644);
    await dataFolderSecret(dataDir, 'admin-token');
    expect(mode()).toBe(0o600);
  });

  it('refuses a damaged file without showing or replacing it', async () => {
    writeFileSync(join(work, 'secrets-key'), 'damaged');
    const attempt = dataFolderSecret(work, 'secrets-key');
    await expect(attempt).rejects.toThrow(StartupError);
    await expect(attempt).rejects.toThrow(
      `${join(work, 'secrets-key')} does not hold 64 hex characters: restore it, or remove it to have a new one made.`,
    );
  });

  it('says what to do when the folder cannot be used', async () => {
    writeFileSync(join(work, 'file'), '');
    await expect(dataFolderSecret(join(work, 'file'), 'admin-token')).rejects.toThrow(
      /^Cannot read or write .* choose another DATA_DIR\.$/,
    );
  });
});
