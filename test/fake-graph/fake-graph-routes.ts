// What the fake answers when nothing goes wrong. A further edge (batch, events, minimum budgets) is
// one more function in the list of routes.
import { createHmac } from 'node:crypto';
import { currencyOffset } from '../../src/shared/money.js';
import {
  appLimit,
  errorReply,
  expiredToken,
  missingObject,
  noPermission,
  unknownField,
  unknownToken,
  wrongProof,
  type GraphReply,
} from './fake-graph-errors.js';
import type { FakeGraphWorld, FakeObject, FakeObjectType } from './fake-graph-world.js';

export interface GraphCall {
  method: string;
  /** Without the version and without slashes at its ends. */
  path: string;
  /** Query and body together, secrets taken out. */
  fields: Readonly<Record<string, string>>;
  token: string | null;
  proof: string | null;
  /** Scheme, host and version, for the links of a paged answer. */
  root: string;
}

/** null = not mine. */
export type GraphRoute = (call: GraphCall, world: FakeGraphWorld) => GraphReply | null;

const PAGE_SIZE_DEFAULT = 25;
const NODE_TYPES: Record<FakeObjectType, string> = {
  campaign: 'Campaign',
  adset: 'AdSet',
  ad: 'Ad',
};
const COMMON_FIELDS = ['id', 'name', 'status', 'effective_status'];
const BUDGET_FIELDS = ['daily_budget', 'lifetime_budget', 'is_budget_schedule_enabled'];
const FIELDS: Record<FakeObjectType, string[]> = {
  campaign: [...COMMON_FIELDS, ...BUDGET_FIELDS],
  adset: [
    ...[...COMMON_FIELDS, ...BUDGET_FIELDS, 'bid_amount', 'campaign_id'],
    'learning_stage_info',
  ],
  ad: [...COMMON_FIELDS, 'bid_amount', 'adset_id'],
};

/** The refusal of a call without the right token, right or proof, or above the app's limit. */
export const checkToken: GraphRoute = ({ method, token, proof }, world) => {
  const known = world.tokens.get(token ?? '');
  if (!known) return unknownToken(token ?? '');
  if (known.expired) return expiredToken();
  if (world.appLimited) return appLimit();
  if (known.readOnly && method !== 'GET') return noPermission();
  if (known.appSecret === null) return null;
  const wanted = createHmac('sha256', known.appSecret)
    .update(token ?? '')
    .digest('hex');
  return proof === wanted ? null : wrongProof();
};

/** The least a day may cost, by what the budget is spent on. */
export const minimumBudgets: GraphRoute = (call, world) => {
  if (call.method !== 'GET' || call.path !== `act_${world.adAccountId}/minimum_budgets`)
    return null;
  const least = world.minDailyBudget;
  const budgets = {
    ...{ currency: world.currency, min_daily_budget_imp: least, min_daily_budget_high_freq: least },
    ...{ min_daily_budget_low_freq: least * 40, min_daily_budget_video_views: least },
  };
  return { status: 200, body: pageOf([budgets], call) };
};

/** The ad account itself: its currency, its caps, whether it is disabled. */
export const accountNode: GraphRoute = (call, world) => {
  if (call.method !== 'GET' || call.path !== `act_${world.adAccountId}`) return null;
  const values: Record<string, unknown> = {
    currency: world.currency,
    timezone_name: 'UTC',
    account_status: world.accountDisabled ? 2 : 1,
    min_daily_budget: world.minDailyBudget,
    spend_cap: String(world.spendCap ?? 0),
    amount_spent: String(world.amountSpent),
  };
  const fields = (call.fields['fields'] ?? '').split(',').filter((field) => field in values);
  const shown = Object.fromEntries(fields.map((field) => [field, values[field]]));
  return { status: 200, body: { ...shown, id: call.path } };
};

/** What the token was granted. */
export const permissions: GraphRoute = (call, world) => {
  if (call.method !== 'GET' || call.path !== 'me/permissions') return null;
  const mayWrite = world.tokens.get(call.token ?? '')?.readOnly !== true;
  const granted = ['ads_read', ...(mayWrite ? ['ads_management'] : [])];
  const data = granted.map((permission) => ({ permission, status: 'granted' }));
  return { status: 200, body: { data: [...data, { permission: 'email', status: 'declined' }] } };
};

export const accountInsights: GraphRoute = (call, world) => {
  if (call.method !== 'GET' || !call.path.endsWith('/insights')) return null;
  if (call.path !== `act_${world.adAccountId}/insights`) return missingObject(call.path);
  const level = call.fields['level'] as FakeObjectType;
  if (!(level in FIELDS)) return errorReply({ code: 100, message: '(#100) level must be one of' });
  const ids = filteredIds(call.fields['filtering'], level);
  const rows = [...world.objects.values()]
    .filter((object) => object.type === level && object.impressions > 0)
    .map((object) => ({
      ...object,
      spendMinor:
        call.fields['date_preset'] === 'last_3d' ? object.recentSpendMinor : object.spendMinor,
    }))
    .filter((object) => ids === null || ids.includes(object.id))
    .map((object) => insightRow(object, (call.fields['fields'] ?? '').split(','), world.currency));
  return { status: 200, body: pageOf(rows, call) };
};

export const readOrWriteObject: GraphRoute = (call, world) => {
  if (call.method === 'POST') return world.update(call.path, call.fields);
  if (call.method !== 'GET') return null;
  const object = world.objects.get(call.path);
  if (!object) return missingObject(call.path);
  const fields = (call.fields['fields'] ?? 'id').split(',');
  const missing = fields.find((field) => !FIELDS[object.type].includes(field));
  if (missing) return unknownField(missing, NODE_TYPES[object.type]);
  const values = nodeValues(object, world);
  const shown = fields.flatMap((field): [string, unknown][] =>
    values[field] === undefined ? [] : [[field, values[field]]],
  );
  return { status: 200, body: { ...Object.fromEntries(shown), id: object.id } };
};

/** Budgets read as texts; the kind of budget that an object does not use reads "0". */
function nodeValues(object: FakeObject, world: FakeGraphWorld): Record<string, unknown> {
  const ownsBudget = (object.dailyBudget ?? object.lifetimeBudget) !== null;
  const parent = object.parentId === null ? undefined : world.objects.get(object.parentId);
  const asText = (minor: number | null): string | undefined =>
    ownsBudget ? String(minor ?? 0) : undefined;
  const isHeldByParent = object.status === 'ACTIVE' && parent && parent.status !== 'ACTIVE';
  return {
    id: object.id,
    name: object.name,
    status: object.status,
    is_budget_schedule_enabled: object.hasBudgetSchedule,
    learning_stage_info:
      object.type === 'adset' && object.status === 'ACTIVE'
        ? { status: object.learningStage, conversions: 0 }
        : undefined,
    effective_status: isHeldByParent ? `${parent.type.toUpperCase()}_PAUSED` : object.status,
    daily_budget: asText(object.dailyBudget),
    lifetime_budget: asText(object.lifetimeBudget),
    bid_amount: object.bidAmount ?? undefined,
    campaign_id: object.parentId ?? undefined,
    adset_id: object.parentId ?? undefined,
  };
}

/** Every figure is a text, and spend is in major units although budgets are in minor ones. */
function insightRow(object: FakeObject, fields: string[], currency: string): object {
  const offset = currencyOffset(currency);
  const values: Record<string, string> = {
    [`${object.type}_id`]: object.id,
    impressions: String(object.impressions),
    clicks: String(object.clicks),
    spend: (object.spendMinor / offset).toFixed(offset === 1 ? 0 : 2),
    date_start: '2026-01-01',
    date_stop: '2026-01-31',
  };
  const always = ['date_start', 'date_stop'];
  return Object.fromEntries([...fields, ...always].map((field) => [field, values[field]]));
}

function filteredIds(filtering: string | undefined, level: string): string[] | null {
  if (filtering === undefined) return null;
  const filters = JSON.parse(filtering) as { field: string; operator: string; value: string[] }[];
  return (
    filters.find(({ field, operator }) => field === `${level}.id` && operator === 'IN')?.value ??
    null
  );
}

/** Meta writes the caller's token into its own links. */
function pageOf(rows: object[], call: GraphCall): object {
  const start = Number(call.fields['after'] ?? 0);
  const end = start + Number(call.fields['limit'] ?? PAGE_SIZE_DEFAULT);
  const data = rows.slice(start, end);
  if (end >= rows.length) return { data, paging: { cursors: { after: String(end) } } };
  const query = { ...call.fields, after: String(end), access_token: call.token ?? '' };
  const next = `${call.root}/${call.path}?${new URLSearchParams(query).toString()}`;
  return { data, paging: { cursors: { after: String(end) }, next } };
}
