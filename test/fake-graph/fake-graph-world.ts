// What the fake Graph server knows: tokens, one ad account and its objects, and the ledger of every
// write that took effect, so that a test can count effects and not requests.
import { currencyOffset } from '../../src/shared/money.js';
import { SeededRandom } from '../../src/shared/random.js';
import { errorReply, missingObject, type GraphReply } from './fake-graph-errors.js';

export type FakeObjectType = 'campaign' | 'adset' | 'ad';

export interface FakeObject {
  id: string;
  type: FakeObjectType;
  parentId: string | null;
  name: string;
  status: 'ACTIVE' | 'PAUSED' | 'ARCHIVED' | 'DELETED';
  /** Minor units; null = this object owns no such amount. */
  dailyBudget: number | null;
  lifetimeBudget: number | null;
  bidAmount: number | null;
  impressions: number;
  clicks: number;
  spendMinor: number;
  /** Of the last three days. */
  recentSpendMinor: number;
  hasBudgetSchedule: boolean;
  learningStage: 'LEARNING' | 'SUCCESS' | 'FAIL';
}

export interface FakeToken {
  appSecret: string | null;
  expired: boolean;
  /** The right to manage ads was taken away. */
  readOnly: boolean;
}

export interface Effect {
  sequence: number;
  at: number;
  id: string;
  field: string;
  before: unknown;
  after: unknown;
}

export interface FakeWorldOptions {
  currency?: string;
  adAccountId?: string;
  minDailyBudget?: number;
  now?: () => number;
}

/** Meta allows an ad set four budget edits an hour, then blocks it for one. */
const BUDGET_EDITS_PER_HOUR = 4;
const HOUR_MS = 3_600_000;
const DAILY_MAX_MAJOR = 1_000_000;
const STATUSES = ['ACTIVE', 'PAUSED', 'ARCHIVED', 'DELETED'];
const KEYS = {
  name: 'name',
  status: 'status',
  daily_budget: 'dailyBudget',
  lifetime_budget: 'lifetimeBudget',
  bid_amount: 'bidAmount',
} as const;
type WritableField = keyof typeof KEYS;
const WRITABLE: Record<FakeObjectType, WritableField[]> = {
  campaign: ['name', 'status', 'daily_budget', 'lifetime_budget'],
  adset: ['name', 'status', 'daily_budget', 'lifetime_budget', 'bid_amount'],
  ad: ['name', 'status', 'bid_amount'],
};

export class FakeGraphWorld {
  readonly currency: string;
  readonly adAccountId: string;
  minDailyBudget: number;
  readonly now: () => number;
  accountDisabled = false;
  spendCap: number | null = null;
  amountSpent = 0;
  /** The token expires when so many writes have taken effect. */
  expiresAfterEffects: number | null = null;
  /** Ids that shared a batch though they are one object or ad sets of one campaign. */
  readonly crowded: string[] = [];
  /** Writes that were only to be checked, and passed: never effects. */
  validations = 0;
  private readonly budgetEdits = new Map<string, number[]>();
  private readonly blockedUntil = new Map<string, number>();
  private readonly order = new SeededRandom(1);
  /** Token → its app's secret; without one no proof is asked for. */
  readonly tokens = new Map<string, FakeToken>();
  /** Everything of the application is refused. */
  appLimited = false;
  readonly objects = new Map<string, FakeObject>();
  /** Append-only: what really changed, and when. */
  readonly effects: Effect[] = [];

  constructor(options: FakeWorldOptions = {}) {
    this.currency = options.currency ?? 'USD';
    this.adAccountId = options.adAccountId ?? '1000';
    this.minDailyBudget = options.minDailyBudget ?? currencyOffset(this.currency);
    this.now = options.now ?? Date.now;
  }

  addToken(token: string, appSecret: string | null = null): void {
    this.tokens.set(token, { appSecret, expired: false, readOnly: false });
  }

  addObject(given: Pick<FakeObject, 'id' | 'type'> & Partial<FakeObject>): FakeObject {
    const object: FakeObject = {
      parentId: null,
      name: `${given.type} ${given.id}`,
      status: 'ACTIVE',
      dailyBudget: null,
      lifetimeBudget: null,
      bidAmount: null,
      impressions: 0,
      clicks: 0,
      spendMinor: 0,
      recentSpendMinor: 0,
      hasBudgetSchedule: false,
      learningStage: 'SUCCESS',
      ...given,
    };
    this.objects.set(object.id, object);
    return object;
  }

  object(id: string): FakeObject {
    const object = this.objects.get(id);
    if (!object) throw new Error(`the fake world has no object ${id}`);
    return object;
  }

  /** Someone else's edit in Ads Manager: it changes the object and is no effect of ours. */
  editOutside(id: string, change: Partial<FakeObject>): void {
    Object.assign(this.object(id), change);
  }

  /** The same for whatever a call was about, which may be no object at all. */
  editIfThere(id: string, change: Partial<FakeObject>): void {
    if (this.objects.has(id)) this.editOutside(id, change);
  }

  /** What may not share a batch: one object twice, or several ad sets of one campaign. */
  noteBatch(ids: string[]): void {
    const seen = new Set<string>();
    for (const id of ids) {
      const object = this.objects.get(id);
      const parent = object?.type === 'adset' ? object.parentId : null;
      for (const key of [id, ...(parent === null ? [] : [`of ${parent}`])]) {
        if (seen.has(key)) this.crowded.push(id);
        seen.add(key);
      }
    }
  }

  /** The indexes of a list in an order that nobody may rely on. */
  shuffled(length: number): number[] {
    const indexes = Array.from({ length }, (_, index) => index);
    return indexes
      .map((index) => ({ index, rank: this.order.uniform() }))
      .sort((left, right) => left.rank - right.rank)
      .map(({ index }) => index);
  }

  /** Applies all fields of this kind or none. Others are ignored with success, as Meta does. */
  update(id: string, fields: Readonly<Record<string, string>>): GraphReply {
    const object = this.objects.get(id);
    if (!object) return missingObject(id);
    const known = WRITABLE[object.type].flatMap((field): [WritableField, string][] =>
      fields[field] === undefined ? [] : [[field, fields[field]]],
    );
    for (const [field, value] of known) {
      const refusal = this.refusalOf(object, field, value);
      if (refusal) return refusal;
    }
    if (isValidation(fields)) {
      this.validations += 1;
      return { status: 200, body: { success: true } };
    }
    for (const [field, value] of known) this.apply(object, field, value);
    return { status: 200, body: { success: true } };
  }

  private apply(object: FakeObject, field: WritableField, value: string): void {
    const key = KEYS[field];
    const after = field === 'name' || field === 'status' ? value : Number(value);
    const before = object[key];
    Object.assign(object, { [key]: after });
    const sequence = this.effects.length + 1;
    const at = this.now();
    this.effects.push({ sequence, at, id: object.id, field, before, after });
    if (field.endsWith('_budget')) {
      this.budgetEdits.set(object.id, [...(this.budgetEdits.get(object.id) ?? []), at]);
    }
    if (sequence === this.expiresAfterEffects) {
      for (const token of this.tokens.values()) token.expired = true;
    }
  }

  private refusalOf(object: FakeObject, field: WritableField, value: string): GraphReply | null {
    if (this.accountDisabled) {
      return errorReply({
        code: 100,
        subcode: 1885316,
        userMessage: 'The ad account is disabled.',
      });
    }
    if (object.status === 'ARCHIVED' && field !== 'name') {
      const userMessage = 'You can only change the name of an archived ad.';
      return errorReply({ code: 100, subcode: 1885088, userMessage });
    }
    if (field === 'name') return null;
    if (field === 'status') return STATUSES.includes(value) ? null : invalidParameter(field);
    if (!/^\d+$/.test(value)) return invalidParameter(field);
    return field === 'bid_amount' ? null : this.budgetRefusal(object, field, Number(value));
  }

  private budgetRefusal(object: FakeObject, field: string, minor: number): GraphReply | null {
    const parent = object.parentId === null ? undefined : this.objects.get(object.parentId);
    if (parent && (parent.dailyBudget ?? parent.lifetimeBudget) !== null) {
      const userMessage = 'The campaign has a budget already.';
      return errorReply({ code: 100, subcode: 1885621, userMessage, blamed: [field] });
    }
    if (minor < this.minDailyBudget) {
      const userMessage = `The budget must be at least ${this.minDailyBudget}.`;
      const userTitle = 'Budget is too low';
      return errorReply({ code: 100, subcode: 1885272, userTitle, userMessage, blamed: [field] });
    }
    if (minor > DAILY_MAX_MAJOR * currencyOffset(this.currency)) {
      return errorReply({ code: 100, subcode: 1885261, userMessage: 'The budget is too high.' });
    }
    return object.type === 'adset' && this.isBudgetBlocked(object.id)
      ? errorReply({ code: 613, subcode: 1487632, message: 'Too many budget changes' })
      : null;
  }

  /** The edit that would be one too many blocks the ad set for an hour from then on. */
  private isBudgetBlocked(id: string): boolean {
    const now = this.now();
    const edits = (this.budgetEdits.get(id) ?? []).filter((at) => at > now - HOUR_MS);
    if (edits.length >= BUDGET_EDITS_PER_HOUR && !(now < (this.blockedUntil.get(id) ?? 0))) {
      this.blockedUntil.set(id, now + HOUR_MS);
    }
    return now < (this.blockedUntil.get(id) ?? 0);
  }
}

export function isValidation(fields: Readonly<Record<string, string>>): boolean {
  return fields['execution_options']?.includes('validate_only') === true;
}

function invalidParameter(field: string): GraphReply {
  return errorReply({ code: 100, message: `(#100) Invalid parameter ${field}`, blamed: [field] });
}
