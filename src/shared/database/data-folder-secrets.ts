// Secrets that the embedded server makes for itself at its first start and keeps in the data
// folder, mode 0600. With DATABASE_URL nothing is made: several servers would each make their own.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createPrivateFile, isMissing } from './embedded/files.js';
import { StartupError } from '../errors.js';

export type SecretName = 'admin-token' | 'secrets-key';

export interface FolderSecret {
  value: string;
  /** True at the first start only: the token is then worth telling. */
  madeHere: boolean;
  /** Where it is kept. */
  file: string;
}

const SECRET_BYTES = 32;
const HEX = /^[0-9a-f]{64}$/;

/** Reads the secret of that name, or makes it; two starts at once end with the same one. */
export async function dataFolderSecret(dataDir: string, name: SecretName): Promise<FolderSecret> {
  const folder = resolve(dataDir);
  const file = join(folder, name);
  try {
    const known = await readSecret(file);
    if (known !== null) return { value: known, madeHere: false, file };
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const made = randomBytes(SECRET_BYTES).toString('hex');
    if (await createPrivateFile(folder, name, `${made}\n`))
      return { value: made, madeHere: true, file };
    return { value: (await readSecret(file)) ?? '', madeHere: false, file };
  } catch (error) {
    if (error instanceof StartupError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new StartupError(
      `Cannot read or write ${file} (${code}): start as the user that owns it or choose another DATA_DIR.`,
    );
  }
}

async function readSecret(file: string): Promise<string | null> {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  if (!HEX.test(text)) {
    throw new StartupError(
      `${file} does not hold 64 hex characters: restore it, or remove it to have a new one made.`,
    );
  }
  // A restored backup may have lost the mode; Windows has none.
  if (process.platform !== 'win32' && ((await stat(file)).mode & 0o077) !== 0) {
    await chmod(file, 0o600);
  }
  return text;
}
