// Every variable the program reads, with its type and default. `.env.example` lists the same ones
// (a test compares them); read-only properties in camelCase are what the rest of the program sees.
import { Address, Decimal, OneOf, Switch, Text, WholeNumber } from './variable-kinds.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export const EXECUTION_MODES = ['shadow', 'live', 'sandbox'] as const;
export const META_ACCESS_TIERS = ['development_access', 'standard_access'] as const;

/** Their values never appear in a message. */
export const SECRET_VARIABLES: ReadonlySet<string> = new Set([
  'ADMIN_TOKEN',
  'SECRETS_KEY',
  'DATABASE_URL',
  'REDIS_URL',
  'META_ACCESS_TOKEN',
  'META_APP_SECRET',
  'X_BEARER_TOKEN',
  'EMBEDDINGS_API_KEY',
]);

const SECRETS_KEY_FORM = /^([0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=?|[A-Za-z0-9_-]{43}=?)$/;

export class Config {
  /** 0 takes a free port. */
  @WholeNumber('PORT', 0, 65_535) readonly port: number = 3000;
  @Text('HOST', /^[A-Za-z0-9.:_%-]+$/, 'a host name or an IP address')
  readonly host: string = '127.0.0.1';
  /** null = the embedded PostgreSQL in `dataDir`. */
  @Address('DATABASE_URL', ['postgres', 'postgresql']) readonly databaseUrl: string | null = null;
  @Text('DATA_DIR') readonly dataDir: string = './.data';
  @Address('REDIS_URL', ['redis', 'rediss']) readonly redisUrl: string | null = null;
  /** null only on the embedded database, where one is made and kept in the data folder. */
  @Text('ADMIN_TOKEN', /^\S+$/, 'one word without spaces') readonly adminToken: string | null =
    null;
  /**
   * Encrypts the platforms' credentials. null only where `databaseUrl` is set (the embedded
   * database gets one made): such a server runs, but no account's credentials can be stored in it.
   */
  @Text('SECRETS_KEY', SECRETS_KEY_FORM, '64 hex characters or base64 of 32 bytes')
  readonly secretsKey: string | null = null;
  /** Drops stored credentials that this `secretsKey` cannot open, instead of refusing to start. */
  @Switch('SECRETS_KEY_FORGET') readonly secretsKeyForget: boolean = false;
  @OneOf('LOG_LEVEL', LOG_LEVELS) readonly logLevel: (typeof LOG_LEVELS)[number] = 'info';
  /** false: nothing starts by itself, jobs run only when they are asked for. */
  @Switch('CRON_ENABLED') readonly cronEnabled: boolean = true;
  /** Requests per API key. */
  @WholeNumber('RATE_LIMIT_PER_MINUTE', 1, 10_000_000)
  readonly rateLimitPerMinute: number = 6000;

  /** Addresses that callers choose may then lie in a private network: for trying things out. */
  @Switch('ALLOW_PRIVATE_ADDRESSES') readonly allowPrivateAddresses: boolean = false;

  @Text('META_PIXEL_ID', /^\d{1,32}$/, 'digits') readonly metaPixelId: string | null = null;
  @Text('META_ACCESS_TOKEN') readonly metaAccessToken: string | null = null;
  @Text('META_APP_SECRET') readonly metaAppSecret: string | null = null;
  @Text('META_AD_ACCOUNT_ID', /^(act_)?[1-9]\d{0,31}$/, 'digits, with or without act_')
  readonly metaAdAccountId: string | null = null;
  @Text('META_TEST_EVENT_CODE') readonly metaTestEventCode: string | null = null;
  @Text('META_API_VERSION', /^v\d{1,3}\.\d{1,2}$/, 'a version such as v25.0')
  readonly metaApiVersion: string = 'v25.0';
  @Address('META_GRAPH_URL', ['http', 'https'])
  readonly metaGraphUrl: string = 'https://graph.facebook.com';
  /** Bounds the batch: the development tier's points cannot carry 50 writes at once. */
  @OneOf('META_ACCESS_TIER', META_ACCESS_TIERS)
  readonly metaAccessTier: (typeof META_ACCESS_TIERS)[number] = 'development_access';

  @Text('X_BEARER_TOKEN') readonly xBearerToken: string | null = null;
  @Text('X_USER_ID', /^\d{1,32}$/, 'digits') readonly xUserId: string | null = null;
  @Address('X_API_URL', ['http', 'https']) readonly xApiUrl: string = 'https://api.x.com';
  @Text('X_FIELDS_PARAM', /^[a-z_.]{1,64}$/, 'the name of a query parameter')
  readonly xFieldsParam: string = 'tweet.fields';
  @Decimal('X_DAILY_SPEND_LIMIT_USD', 0, 100_000) readonly xDailySpendLimitUsd: number = 1;

  /** Any OpenAI-compatible API, up to and without /embeddings; null = the built-in similarity. */
  @Address('EMBEDDINGS_URL', ['http', 'https']) readonly embeddingsUrl: string | null = null;
  @Text('EMBEDDINGS_MODEL') readonly embeddingsModel: string = 'text-embedding-3-small';
  @Text('EMBEDDINGS_API_KEY', /^\S+$/, 'one word without spaces')
  readonly embeddingsApiKey: string | null = null;

  /** The ceiling of every plan's mode; a sandbox account is written whatever it says. */
  @OneOf('EXECUTION_MODE', EXECUTION_MODES)
  readonly executionMode: (typeof EXECUTION_MODES)[number] = 'shadow';
  @Switch('BATCH_MODE_ENABLED') readonly batchModeEnabled: boolean = true;
  @WholeNumber('BATCH_MIN_CHANGES', 1, 50) readonly batchMinChanges: number = 10;
  /** 50 is the most that the Graph API takes in one batch. */
  @WholeNumber('BATCH_SIZE', 1, 50) readonly batchSize: number = 50;
  @WholeNumber('MAX_ACTIONS_PER_CAMPAIGN_PER_HOUR', 1, 10_000)
  readonly maxActionsPerCampaignPerHour: number = 15;
  @Decimal('BUDGET_VELOCITY_PCT', 0, 1000) readonly budgetVelocityPct: number = 20;
  @Decimal('BUDGET_VELOCITY_WINDOW_HOURS', 0.1, 168)
  readonly budgetVelocityWindowHours: number = 6;
  /** null = no change waits for an approval on account of its size. */
  @Decimal('APPROVAL_ABOVE_PCT', 0, 1000) readonly approvalAbovePct: number | null = null;
  @WholeNumber('RETRY_BASE_MS', 1, 3_600_000) readonly retryBaseMs: number = 1000;
  @WholeNumber('RETRY_MAX_MS', 1, 86_400_000) readonly retryMaxMs: number = 30_000;

  @WholeNumber('MEMORY_WARN_MB', 1, 16_777_216) readonly memoryWarnMb: number = 1200;
  @WholeNumber('MEMORY_SKIP_MB', 1, 16_777_216) readonly memorySkipMb: number = 1600;
  @WholeNumber('MEMORY_CRITICAL_MB', 1, 16_777_216) readonly memoryCriticalMb: number = 1800;
}
