// The only file that reads process.env. It also takes a `.env` file in the working directory; what
// the real environment sets wins, so a deployment is never overruled by a forgotten file.
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { parseEnv } from 'node:util';
import { StartupError } from '../errors.js';
import { type Config, type Environment, readConfig } from './config.js';

const BYTES_PER_MB = 1024 * 1024;

/** The process's configuration. @throws StartupError naming every fault. */
export function loadConfig(): Config {
  return readConfig(readEnvironment(), containerMemoryLimitMb());
}

/** Variables of the process over those of `.env`; an empty one counts as unset in both. */
export function readEnvironment(file = '.env'): Environment {
  const merged: Environment = { ...readEnvFile(file) };
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && value.trim() !== '') merged[name] = value;
  }
  return merged;
}

/** What a child process needs of ours: none of the secrets, and no library path to mislead it. */
export function childEnvironment(): Environment {
  const passed: Environment = {};
  for (const name of ['PATH', 'SystemRoot', 'TEMP', 'TMP']) {
    if (process.env[name] !== undefined) passed[name] = process.env[name];
  }
  return passed;
}

/** The control group's limit. Without one Node reports nothing, 0 or more than the machine has. */
export function containerMemoryLimitMb(): number | null {
  const bytes = process.constrainedMemory();
  if (!bytes || bytes >= totalmem()) return null;
  return Math.floor(bytes / BYTES_PER_MB);
}

function readEnvFile(file: string): Environment {
  try {
    return parseEnv(readFileSync(file, 'utf8')) as Environment;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return {};
    throw new StartupError(
      `Cannot read ${file} (${code ?? String(error)}): make it readable or remove it.`,
    );
  }
}
