// The house rules as a test: which room may import which, what is pure, who owns which table,
// sizes, and words that say that something is unfinished.
import { describe, expect, it } from '@jest/globals';
import { resolved, sourcesBelow, withoutComments, type Source } from './harness/sources.js';

/** Data flows to the right, imports run to the left and down. */
const ROOMS = [
  'shared',
  'platforms',
  'accounts',
  'metrics',
  'attribution',
  'learning',
  'sampling',
  'execution',
  'admin',
] as const;
type Room = (typeof ROOMS)[number];

/** Only the owner names a table in SQL or holds its entity. */
const TABLE_OWNERS: Record<string, Room> = {
  accounts: 'accounts',
  api_keys: 'accounts',
  account_credentials: 'accounts',
  account_plans: 'accounts',
  secrets_key_check: 'accounts',
  ads: 'accounts',
  ad_arrivals: 'accounts',
  content_generation_metadata_comprehensive: 'accounts',
  metric_snapshots: 'metrics',
  metric_readings: 'metrics',
  metric_objects: 'metrics',
  metric_days: 'metrics',
  metric_day_history: 'metrics',
  metric_day_months: 'metrics',
  outcomes: 'metrics',
  ad_events: 'metrics',
  ad_event_digests: 'metrics',
  ad_event_queue: 'metrics',
  ad_evidence: 'learning',
  ad_evidence_cells: 'learning',
  evidence_journal: 'learning',
  ad_minutes: 'learning',
  click_conversions: 'learning',
  learned_events: 'learning',
  online_models: 'learning',
  online_weights: 'learning',
  drift_events: 'learning',
  drift_scans: 'learning',
  conversion_watches: 'learning',
  conversions: 'attribution',
  conversion_keys: 'attribution',
  conversion_tallies: 'attribution',
  conversion_stages: 'attribution',
  conversion_adjustments: 'attribution',
  conversion_credits: 'attribution',
  capi_claims: 'attribution',
  capi_pixels: 'attribution',
  clicks: 'attribution',
  click_news: 'attribution',
  attribution_touches: 'attribution',
  learning_model_weights: 'learning',
  discovered_accounts: 'learning',
  shared_patterns: 'learning',
  shared_pattern_secret: 'learning',
  sampling_decisions: 'sampling',
  decisions_awaiting_approval: 'sampling',
  decision_changes: 'sampling',
  pending_ad_changes: 'execution',
  ad_change_history: 'execution',
  execution_switch: 'execution',
  execution_pauses: 'execution',
  execution_sleeps: 'execution',
  job_leases: 'shared',
  job_runs: 'shared',
  sandbox_worlds: 'platforms',
  removed_accounts: 'admin',
};

/** May only shrink. */
const LONG_FILES: Record<string, number> = {};

const SHELL_SUFFIXES =
  /\.(service|queries|jobs|controller|entity|dto|module|guard|filter|decorators)\.ts$/;
/** Folders and files whose plain names touch the world all the same: the basement's machinery. */
const IMPURE_PLAIN = [
  /^src\/(main|start|entities)\.ts$/,
  /^src\/cli\//,
  /\/index\.ts$/,
  /^src\/shared\/config\//,
  /^src\/shared\/database\/(?!unavailable\.ts$)/,
  /^src\/shared\/http\//,
  /^src\/shared\/jobs\//,
  /^src\/shared\/(clock|lifecycle|log|http\/rate-limits|secrets|random|turns)\.ts$/,
];

const PURE_MAX = 150;
const SHELL_MAX = 250;

const files = sourcesBelow('src', 'test', 'migrations');
const sources = files.filter(({ path }) => path.startsWith('src/') && !path.endsWith('.spec.ts'));

describe('the house', () => {
  it('imports other rooms only through their index, and only to the left and down', () => {
    const faults = sources.flatMap((source) =>
      source.imports.flatMap(({ from, typeOnly }) => roomFault(source, from, typeOnly) ?? []),
    );
    expect(faults).toEqual([]);
  });

  it('keeps plain files pure', () => {
    const pure = sources.filter(({ path }) => isPure(path));
    const faults = pure.flatMap(({ path, text, imports }) => [
      ...imports
        .filter(({ from, typeOnly }) => !typeOnly && !isPureImport(path, from))
        .map(({ from }) => `${path} imports ${from}`),
      ...(/\bDate\.now\(|\bMath\.random\(|\bnew Date\(\)|process\.env|performance\.now/.test(
        withoutComments(text),
      )
        ? [`${path} reads a clock, chance or the environment`]
        : []),
    ]);
    expect(faults).toEqual([]);
    expect(pure.length).toBeGreaterThan(20);
  });

  it('reads process.env in one file only', () => {
    const readers = sources
      .filter(({ text }) => withoutComments(text).includes('process.env'))
      .map(({ path }) => path);
    expect(readers).toEqual(['src/shared/config/environment.ts']);
  });

  it('lets only the owner of a table name it', () => {
    const faults = sources.flatMap(({ path, text }) =>
      Object.entries(TABLE_OWNERS)
        .filter(([table, owner]) => roomOf(path) !== owner && namesTable(text, table))
        .map(([table, owner]) => `${path} names ${table} of ${owner}`),
    );
    expect(faults).toEqual([]);
  });

  it('leaves the start of jobs to their one clock', () => {
    const faults = sources.filter(({ text }) => withoutComments(text).includes('@Cron('));
    expect(faults.map(({ path }) => path)).toEqual([]);
  });

  it('keeps cron methods to one call', () => {
    const faults = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/@(?:Cron|Interval)\([^)]*\)\s+(?:async )?\w+\([^)]*\)[^{]*\{([^}]*)\}/g)]
        .filter(([, body]) => (body?.match(/;/g)?.length ?? 0) > 1)
        .map(() => path),
    );
    expect(faults).toEqual([]);
  });

  it('keeps files small', () => {
    const faults = sources
      .filter(({ path, lines }) => lines > (LONG_FILES[path] ?? limitOf(path)))
      .map(({ path, lines }) => `${path}: ${lines}`);
    expect(faults).toEqual([]);
  });

  it('has no unfinished words, switched-off tests or prints', () => {
    const unfinished = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`);
    const switchedOff = /\b(it|describe|test)\.(only|skip)\(|\bx(it|describe)\(/;
    const faults = files.flatMap(({ path, text }) => [
      ...(unfinished.test(text) ? [`${path}: unfinished words`] : []),
      ...(switchedOff.test(text) ? [`${path}: a test is switched off`] : []),
      ...(/console\.(log|error|warn)\(/.test(text) && path.startsWith('src/') && !isCommand(path)
        ? [`${path}: prints`]
        : []),
    ]);
    expect(faults).toEqual([]);
  });

  it('has no file that nobody imports', () => {
    const imported = new Set(
      files.flatMap(({ path, imports }) => imports.map(({ from }) => resolved(path, from))),
    );
    const entries = /^src\/(main\.ts|cli\/[a-z-]+\.ts)$/;
    const dead = sources
      .map(({ path }) => path)
      .filter((path) => !imported.has(path) && !entries.test(path));
    expect(dead).toEqual([]);
  });
});

function roomFault({ path }: Source, from: string, _typeOnly: boolean): string | null {
  const target = resolved(path, from);
  const room = roomOf(path);
  const other = roomOf(target);
  if (room === null || other === null || room === other) return null;
  if (ROOMS.indexOf(other) > ROOMS.indexOf(room)) return `${path} imports ${other}`;
  // The pure basement has many doors, so that a pure file can be seen to import pure files only.
  if (other === 'shared' && (isPure(target) || target === 'src/shared/random.ts')) return null;
  return target === `src/${other}/index.ts` ? null : `${path} passes by the door of ${other}`;
}

function isPure(path: string): boolean {
  return !SHELL_SUFFIXES.test(path) && !IMPURE_PLAIN.some((pattern) => pattern.test(path))
    ? !IMPURE_BY_NATURE.has(path)
    : false;
}

/** Plain names in rooms that hold a connection or a secret: few, and named here. */
const IMPURE_BY_NATURE = new Set([
  'src/app.module.ts',
  'src/shared/shared.module.ts',
  'src/accounts/keys/api-key.ts',
  'src/accounts/credentials/seal.ts',
  'src/accounts/account/named-account.ts',
  'src/platforms/ad-platforms.ts',
  'src/platforms/sandbox/sandbox-reader.ts',
  'src/platforms/sandbox/sandbox-writer.ts',
  'src/platforms/meta/capi-client.ts',
  'src/platforms/meta/graph-client.ts',
  'src/platforms/http/exchange.ts',
  'src/platforms/meta/account-reader.ts',
  'src/platforms/meta/meta-writer.ts',
  'src/platforms/meta/object-reader.ts',
  'src/metrics/imports/ads/read-ads-csv.ts',
  'src/metrics/imports/csv/read-csv.ts',
  'src/metrics/imports/csv/csv-records.ts',
  'src/metrics/imports/csv/decode-text.ts',
  'src/metrics/imports/uploads/receive.ts',
  'src/sampling/ad-answer.ts',
]);

function isPureImport(path: string, from: string): boolean {
  if (from === 'node:assert/strict' || from === 'node:assert') return true;
  if (from.startsWith('@stdlib/') || from === '@sinclair/typebox') return true;
  if (!from.startsWith('.')) return PURE_PACKAGES.has(from);
  const target = resolved(path, from);
  return isPure(target) || target === 'src/shared/random.ts';
}

/** Deterministic, without a world behind them. */
const PURE_PACKAGES = new Set([
  ...['node:crypto', 'node:net', 'csv-parse/sync', 'ipaddr.js'],
  ...['libphonenumber-js/core', 'libphonenumber-js/min/metadata'],
]);

function isCommand(path: string): boolean {
  return path.startsWith('src/cli/');
}

function namesTable(text: string, table: string): boolean {
  const sql = new RegExp(
    `\\b(?:from|join|into|update|table(?: if exists)?|delete from)\\s+${table}\\b|@Entity\\('${table}'\\)`,
  );
  return sql.test(withoutComments(text));
}

function limitOf(path: string): number {
  return isPure(path) ? PURE_MAX : SHELL_MAX;
}

function roomOf(path: string): Room | null {
  const room = /^src\/([a-z]+)\//.exec(path)?.[1];
  return (ROOMS as readonly string[]).includes(room ?? '') ? (room as Room) : null;
}
