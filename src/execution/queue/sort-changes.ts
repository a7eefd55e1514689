// Which changes of one intake are new, which are repetitions, which break a rule. Pure: known keys
// and registered ads come in, rows to insert go out.
import type { ChangeOrigin, ChangeState } from '../objects/change-states.js';
import { approvalRefusal, type GuardLimits } from '../guards/guard-rules.js';
import { approvalExpiry } from '../guards/approval-expiry.js';
import {
  adFault,
  contentDigest,
  planFault,
  type ChangeValues,
  type RegisteredAd,
} from './change-input.js';

export interface NewChangeRow extends ChangeValues {
  id: string;
  digest: string;
  campaignId: string;
  origin: ChangeOrigin;
  requestedBy: string;
  decisionId: string | null;
  decisionAsOf: Date | null;
  undoOf: string | null;
  status: Extract<ChangeState, 'pending' | 'awaiting_approval' | 'blocked'>;
  blockedBy: string | null;
  detail: string | null;
  approvalExpiresAt: Date | null;
}

export interface IntakeContext {
  known: ReadonlyMap<string, { id: string; digest: string }>;
  ads: ReadonlyMap<string, RegisteredAd>;
  origin: ChangeOrigin;
  requestedBy: string;
  decisionId: string | null;
  decisionAsOf: Date | null;
  /** The account's own present. */
  now: Date;
  undoOf: string | null;
  /** The plan's mode: a person agrees to each change. */
  needsApproval?: boolean;
  /** false in shadow mode: nothing is written there, so there is nothing to approve. */
  writes: boolean;
  limits: Omit<GuardLimits, 'windows'>;
  makeId: () => string;
}

export type IntakeResult =
  | { kind: 'accepted'; row: NewChangeRow }
  | { kind: 'duplicate'; id: string }
  | { kind: 'rejected'; code: string; detail: string; field: string };

export function sortChanges(
  items: readonly ChangeValues[],
  context: IntakeContext,
): IntakeResult[] {
  const known = new Map(context.known);
  return items.map((item): IntakeResult => {
    const digest = contentDigest(item);
    const earlier = known.get(item.idempotencyKey);
    if (earlier?.digest === digest) return { kind: 'duplicate', id: earlier.id };
    if (earlier) {
      const detail = `the key belongs to change ${earlier.id}, which has other content`;
      return { kind: 'rejected', code: 'execution.key_conflict', detail, field: 'idempotency_key' };
    }
    const ad = context.ads.get(item.adId);
    const fault = adFault(item, ad) ?? planFault(item, context.limits);
    // A decision's refused move is stored and shown; a caller's comes back by index.
    if (!ad || (fault && context.origin !== 'decision')) {
      return { kind: 'rejected', ...(fault ?? UNKNOWN) };
    }
    const row = newRow(item, digest, ad, context);
    known.set(item.idempotencyKey, { id: row.id, digest });
    if (!fault) return { kind: 'accepted', row };
    const refused: Pick<NewChangeRow, 'status' | 'blockedBy' | 'detail' | 'approvalExpiresAt'> = {
      ...{ status: 'blocked', blockedBy: fault.code, detail: fault.detail },
      approvalExpiresAt: null,
    };
    return { kind: 'accepted', row: { ...row, ...refused } };
  });
}

/** Of the rows that will be carried out, the last one of each object and type. */
export function newestOfEach(rows: readonly NewChangeRow[]): NewChangeRow[] {
  const live = rows.filter((row) => row.status !== 'blocked');
  return [...new Map(live.map((row) => [`${row.changeType} ${row.adId}`, row])).values()];
}

const PLAN_APPROVAL = {
  code: 'execution.approval_required',
  detail: 'the plan of the account asks a person first',
};

const UNKNOWN = {
  code: 'execution.unknown_ad',
  detail: 'the account has no ad with this id',
  field: 'ad_id',
};

function newRow(
  item: ChangeValues,
  digest: string,
  ad: RegisteredAd,
  context: IntakeContext,
): NewChangeRow {
  const { origin, requestedBy, decisionId, decisionAsOf, undoOf, limits, writes, now } = context;
  const from = item.changeType === 'budget' ? ad.dailyBudgetMinor : item.currentMinor;
  const approval = !writes
    ? null
    : (approvalRefusal({ ...item, origin, approvedBy: null }, from, limits) ??
      (context.needsApproval ? PLAN_APPROVAL : null));
  return {
    ...item,
    id: context.makeId(),
    digest,
    campaignId: ad.campaignId,
    ...{ origin, requestedBy, decisionId, decisionAsOf, undoOf },
    status: approval ? 'awaiting_approval' : 'pending',
    blockedBy: approval?.code ?? null,
    detail: approval?.detail ?? null,
    approvalExpiresAt: approval ? approvalExpiry(now) : null,
  };
}
