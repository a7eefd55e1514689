// The one reader of the configuration: text in, a typed Config out, or every fault at once. Pure:
// the environment and the container's memory limit come in as arguments (environment.ts).
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import ipaddr from 'ipaddr.js';
import { StartupError } from '../errors.js';
import { Config, SECRET_VARIABLES } from './config-variables.js';
import { variableOfProperty } from './variable-kinds.js';

export { Config } from './config-variables.js';

/** The container that the memory defaults are written for. */
const MEMORY_LIMIT_MB_DEFAULT = 2048;
const TOKEN_LENGTH_MIN = 32;
/**
 * A random hex token of 32 has 14 kinds on average; fewer than 10 is a repeated or typed pattern.
 */
const TOKEN_VARIETY_MIN = 10;
const SHOWN_VALUE_LENGTH_MAX = 60;

export type Environment = Record<string, string | undefined>;

/**
 * Reads and checks the whole environment; an empty variable is an unset one.
 * `memoryLimitMb` is the container's limit, null without one.
 * @throws StartupError with one line per faulty variable; secrets are never quoted.
 */
export function readConfig(env: Environment, memoryLimitMb: number | null = null): Config {
  const given = Object.fromEntries(
    Object.entries(env)
      .map(([name, value]): [string, string] => [name, value?.trim() ?? ''])
      .filter(([, value]) => value !== ''),
  );
  const config = plainToInstance(
    Config,
    { ...memoryDefaults(memoryLimitMb), ...given },
    { excludeExtraneousValues: true, exposeDefaultValues: true },
  );
  const faults = new Map<string, string>();
  for (const { property, constraints } of validateSync(config)) {
    const variable = variableOfProperty.get(property) ?? property;
    const wanted = Object.values(constraints ?? {})[0] ?? 'is invalid';
    faults.set(variable, `${wanted}; ${shown(variable, given[variable])}`);
  }
  for (const [variable, fault] of faultsBetween(config)) {
    if (!faults.has(variable)) faults.set(variable, fault);
  }
  if (faults.size > 0) throw new StartupError(sentence(faults));
  return config;
}

/** The 32 bytes of a SECRETS_KEY that readConfig has accepted. */
export function secretsKeyBytes(secretsKey: string): Buffer {
  const isHex = /^[0-9a-fA-F]{64}$/.test(secretsKey);
  return Buffer.from(secretsKey, isHex ? 'hex' : 'base64');
}

/** Thresholds of the memory gate for a container of this size, as their variables. */
export function memoryDefaults(memoryLimitMb: number | null): Record<string, string> {
  const scale = (memoryLimitMb ?? MEMORY_LIMIT_MB_DEFAULT) / MEMORY_LIMIT_MB_DEFAULT;
  const scaled = (megabytes: number): string => String(Math.max(1, Math.round(megabytes * scale)));
  return {
    MEMORY_WARN_MB: scaled(1200),
    MEMORY_SKIP_MB: scaled(1600),
    MEMORY_CRITICAL_MB: scaled(1800),
  };
}

/** Why a token is too weak for a server that others reach, or null when it is strong enough. */
export function tokenWeakness(token: string): string | null {
  if (token.length < TOKEN_LENGTH_MIN) return `has fewer than ${TOKEN_LENGTH_MIN} characters`;
  if (new Set(token).size < TOKEN_VARIETY_MIN) return 'repeats too few different characters';
  return null;
}

/** Whoever reaches the server may guess its token, so only this machine's own users are trusted. */
function adminTokenFault({ adminToken, databaseUrl, host }: Config): string | null {
  if (adminToken === null) {
    return databaseUrl === null
      ? null
      : 'is not set, and a server with DATABASE_URL needs a strong one';
  }
  const weakness = tokenWeakness(adminToken);
  if (weakness === null) return null;
  if (databaseUrl !== null) return `${weakness}, and a server with DATABASE_URL needs a strong one`;
  if (isLoopback(host)) return null;
  return `${weakness}, and a server that listens on ${host} needs a strong one`;
}

function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
}

/**
 * Rules between variables. One that failed by itself is NaN or text here and breaks none of them.
 */
function faultsBetween(config: Config): [string, string][] {
  const faults: [string, string][] = [];
  const weakness = adminTokenFault(config);
  if (weakness !== null) {
    faults.push(['ADMIN_TOKEN', `${weakness}; make it with: openssl rand -hex 32`]);
  }
  const pairs: [string, number, string, number][] = [
    ['MEMORY_WARN_MB', config.memoryWarnMb, 'MEMORY_SKIP_MB', config.memorySkipMb],
    ['MEMORY_SKIP_MB', config.memorySkipMb, 'MEMORY_CRITICAL_MB', config.memoryCriticalMb],
    ['RETRY_BASE_MS', config.retryBaseMs, 'RETRY_MAX_MS', config.retryMaxMs],
    ['BATCH_MIN_CHANGES', config.batchMinChanges, 'BATCH_SIZE', config.batchSize],
  ];
  for (const [lower, low, upper, high] of pairs) {
    if (low > high) faults.push([lower, `is ${low}, which is above ${upper} (${high})`]);
  }
  return faults;
}

function shown(variable: string, value: string | undefined): string {
  if (SECRET_VARIABLES.has(variable)) return 'its value is a secret and not shown';
  const text = value ?? '';
  const long = text.length > SHOWN_VALUE_LENGTH_MAX;
  return `it is ${JSON.stringify(long ? `${text.slice(0, SHOWN_VALUE_LENGTH_MAX)}…` : text)}`;
}

function sentence(faults: Map<string, string>): string {
  const lines = [...faults].map(([variable, fault]) => `${variable} ${fault}`);
  if (lines.length === 1) return `The configuration has a fault: ${lines[0]}.`;
  return `The configuration has ${lines.length} faults:\n${lines.map((line) => `  - ${line}`).join('\n')}`;
}
