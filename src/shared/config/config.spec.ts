import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StartupError } from '../errors.js';
import { Config, memoryDefaults, readConfig, secretsKeyBytes, tokenWeakness } from './config.js';
import { SECRET_VARIABLES } from './config-variables.js';
import { variableOfProperty } from './variable-kinds.js';

const STRONG_TOKEN = '3f9c1b7a5d2e80466c1fa9b2d4e7083510fe23dc98ba7654';

function faultsOf(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof StartupError) return error.message;
    throw error;
  }
  return '';
}

describe('readConfig', () => {
  it('has the defaults of the contract when nothing is set', () => {
    expect({ ...readConfig({}) }).toEqual({
      port: 3000,
      host: '127.0.0.1',
      databaseUrl: null,
      dataDir: './.data',
      redisUrl: null,
      adminToken: null,
      secretsKey: null,
      secretsKeyForget: false,
      logLevel: 'info',
      cronEnabled: true,
      rateLimitPerMinute: 6000,
      allowPrivateAddresses: false,
      metaPixelId: null,
      metaAccessToken: null,
      metaAppSecret: null,
      metaAdAccountId: null,
      metaTestEventCode: null,
      metaApiVersion: 'v25.0',
      metaGraphUrl: 'https://graph.facebook.com',
      metaAccessTier: 'development_access',
      xBearerToken: null,
      xUserId: null,
      xApiUrl: 'https://api.x.com',
      xFieldsParam: 'tweet.fields',
      xDailySpendLimitUsd: 1,
      embeddingsUrl: null,
      embeddingsModel: 'text-embedding-3-small',
      embeddingsApiKey: null,
      executionMode: 'shadow',
      batchModeEnabled: true,
      batchMinChanges: 10,
      batchSize: 50,
      maxActionsPerCampaignPerHour: 15,
      budgetVelocityPct: 20,
      budgetVelocityWindowHours: 6,
      approvalAbovePct: null,
      retryBaseMs: 1000,
      retryMaxMs: 30000,
      memoryWarnMb: 1200,
      memorySkipMb: 1600,
      memoryCriticalMb: 1800,
    });
  });

  it('turns text into numbers, switches and choices and takes empty as unset', () => {
    const config = readConfig({
      PORT: ' 8080 ',
      HOST: '',
      CRON_ENABLED: 'False',
      BATCH_MODE_ENABLED: '1',
      APPROVAL_ABOVE_PCT: '12.5',
      EXECUTION_MODE: 'live',
      DATABASE_URL: 'postgres://u:p@db/x',
      ADMIN_TOKEN: STRONG_TOKEN,
      META_GRAPH_URL: 'http://localhost:4010',
      UNKNOWN: 'ignored',
    });
    expect(config).toEqual({
      ...readConfig({}),
      port: 8080,
      cronEnabled: false,
      approvalAbovePct: 12.5,
      executionMode: 'live',
      databaseUrl: 'postgres://u:p@db/x',
      adminToken: STRONG_TOKEN,
      metaGraphUrl: 'http://localhost:4010',
    });
    expect(config).toBeInstanceOf(Config);
  });

  it('names every fault at once, one line per variable', () => {
    const message = faultsOf({
      PORT: '70000',
      LOG_LEVEL: 'loud',
      CRON_ENABLED: 'maybe',
      RETRY_BASE_MS: '1e3',
      BATCH_SIZE: '5',
      META_API_VERSION: '25',
      MEMORY_WARN_MB: '1700',
    });
    expect(message.split('\n')).toEqual([
      'The configuration has 7 faults:',
      '  - PORT must be a whole number from 0 to 65535; it is "70000"',
      '  - LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent; it is "loud"',
      '  - CRON_ENABLED must be true or false; it is "maybe"',
      '  - META_API_VERSION must be a version such as v25.0; it is "25"',
      '  - RETRY_BASE_MS must be a whole number from 1 to 3600000; it is "1e3"',
      '  - MEMORY_WARN_MB is 1700, which is above MEMORY_SKIP_MB (1600)',
      '  - BATCH_MIN_CHANGES is 10, which is above BATCH_SIZE (5)',
    ]);
  });

  it('never prints the value of a secret', () => {
    const secret = 'hush hush';
    for (const variable of SECRET_VARIABLES) {
      const value = variable === 'META_ACCESS_TOKEN' ? `${secret}${'x'.repeat(5000)}` : secret;
      expect(faultsOf({ [variable]: value })).not.toContain(secret);
    }
    const urls = { DATABASE_URL: 'mysql://u:hush@h/d', REDIS_URL: 'http://:hush@h' };
    expect(faultsOf({ ...urls, ADMIN_TOKEN: STRONG_TOKEN })).toBe(
      [
        'The configuration has 2 faults:',
        '  - DATABASE_URL must be an address that begins with postgres:// or postgresql://; its value is a secret and not shown',
        '  - REDIS_URL must be an address that begins with redis:// or rediss://; its value is a secret and not shown',
      ].join('\n'),
    );
  });

  it('wants a strong ADMIN_TOKEN with DATABASE_URL, and says how to make one', () => {
    const DATABASE_URL = 'postgres://u@h/d';
    const remedy = 'needs a strong one; make it with: openssl rand -hex 32';
    expect(faultsOf({ DATABASE_URL })).toContain('ADMIN_TOKEN is not set');
    expect(faultsOf({ DATABASE_URL })).toContain(remedy);
    expect(faultsOf({ DATABASE_URL, ADMIN_TOKEN: 'short' })).toContain(
      'has fewer than 32 characters',
    );
    expect(faultsOf({ DATABASE_URL, ADMIN_TOKEN: 'abcd'.repeat(12) })).toContain('repeats too few');
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['localhost', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.168.1.4', false],
    ['shop.example', false],
    ['localhost.example', false],
    // Not an address: a name that a resolver may send anywhere.
    ['127.0.0.1.example', false],
  ])('takes a weak ADMIN_TOKEN on %s: %s', (HOST, isTaken) => {
    const fault = faultsOf({ HOST, ADMIN_TOKEN: 'short' });
    expect(fault === '').toBe(isTaken);
    if (!isTaken) expect(fault).toContain('ADMIN_TOKEN has fewer than 32 characters');
    expect(faultsOf({ HOST, ADMIN_TOKEN: STRONG_TOKEN })).toBe('');
    expect(faultsOf({ HOST })).toBe('');
  });

  it('accepts SECRETS_KEY as hex or base64 of 32 bytes and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (array) => {
        const bytes = Buffer.from(array);
        for (const encoding of ['hex', 'base64', 'base64url'] as const) {
          const { secretsKey } = readConfig({ SECRETS_KEY: bytes.toString(encoding) });
          expect(secretsKeyBytes(secretsKey ?? '')).toEqual(bytes);
        }
      }),
      { seed: 7, numRuns: 50 },
    );
    expect(faultsOf({ SECRETS_KEY: 'ab'.repeat(31) })).toContain('SECRETS_KEY must be 64 hex');
  });

  it('finds almost no random hex token weak', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        fc.pre(new Set(bytes).size > 20);
        expect(tokenWeakness(Buffer.from(bytes).toString('base64'))).toBeNull();
      }),
      { seed: 11, numRuns: 200 },
    );
  });
});

describe('memory thresholds', () => {
  it('scale with the container and yield to what is set', () => {
    expect(memoryDefaults(null)).toEqual(memoryDefaults(2048));
    expect(memoryDefaults(512)).toEqual({
      MEMORY_WARN_MB: '300',
      MEMORY_SKIP_MB: '400',
      MEMORY_CRITICAL_MB: '450',
    });
    const { memoryWarnMb, memorySkipMb, memoryCriticalMb } = readConfig(
      { MEMORY_WARN_MB: '100', MEMORY_SKIP_MB: '' },
      4096,
    );
    expect({ memoryWarnMb, memorySkipMb, memoryCriticalMb }).toEqual({
      memoryWarnMb: 100,
      memorySkipMb: 3200,
      memoryCriticalMb: 3600,
    });
  });
});

describe('.env.example', () => {
  const text = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
  const lines = text.split('\n');

  it('lists every variable once, in the order of the class, and no other', () => {
    const listed = lines
      .filter((line) => /^[A-Z_]+=/.test(line))
      .map((line) => line.slice(0, line.indexOf('=')));
    expect(listed).toEqual([...variableOfProperty.values()]);
    expect([...variableOfProperty.keys()]).toEqual(Object.keys(new Config()));
  });

  it('explains each variable in the line above it and shows the default', () => {
    const env: Record<string, string> = {};
    lines.forEach((line, index) => {
      const match = /^([A-Z_]+)=(.*)$/.exec(line);
      if (match === null) return;
      expect(lines[index - 1]).toMatch(/^# .{10,}/);
      env[match[1] ?? ''] = match[2] ?? '';
    });
    expect(readConfig(env)).toEqual(readConfig({}));
  });
});
