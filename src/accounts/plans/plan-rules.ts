// What a plan is, and the rules that its shape alone cannot say. Pure: the store and the door are
// elsewhere.
import { currencyOffset, isWholeMinor } from '../../shared/money.js';

type ScopeMode = 'off' | 'shadow' | 'approve' | 'live';

export interface PlanScope {
  scope_id: string;
  campaign_ids: string[] | 'all';
  daily_budget?: number;
  monthly_budget?: number;
  objective?: 'value' | 'target_roas' | 'target_cpa';
  target?: number;
  policy?: string;
  mode: ScopeMode;
  locked_ids?: string[];
  apply_window?: string;
}

export interface Plan {
  scopes: PlanScope[];
  daily_spend_ceiling?: number;
  approval_above_pct?: number;
  max_change_pct_24h?: number;
  max_change_pct_7d?: number;
  confidence_floor?: number;
}

interface PlanFault {
  pointer: string;
  detail: string;
}

export const DEFAULT_APPLY_WINDOW = '03:00-06:00';

/** Every fault at once, by pointer. */
export function planFaults(plan: Plan, currency: string): PlanFault[] {
  const faults = plan.scopes.flatMap((scope, index) =>
    scopeFaults(scope, currency).map(({ pointer, detail }) => ({
      pointer: `/scopes/${index}${pointer}`,
      detail,
    })),
  );
  return [
    ...faults,
    ...overlaps(plan.scopes),
    ...fractions('/daily_spend_ceiling', plan.daily_spend_ceiling, currency),
  ];
}

function scopeFaults(scope: PlanScope, currency: string): PlanFault[] {
  const { daily_budget: daily, monthly_budget: monthly, objective = 'value', target } = scope;
  const faults: PlanFault[] = [
    ...fractions('/daily_budget', daily, currency),
    ...fractions('/monthly_budget', monthly, currency),
  ];
  if ((daily === undefined) === (monthly === undefined)) {
    const detail = 'is required, or monthly_budget, and never both';
    faults.push({ pointer: '/daily_budget', detail });
  }
  if (objective !== 'value' && target === undefined) {
    faults.push({ pointer: '/target', detail: `is required for ${objective}` });
  }
  if (objective === 'value' && target !== undefined) {
    faults.push({ pointer: '/target', detail: 'belongs to target_roas and target_cpa only' });
  }
  return faults;
}

/** Two scopes with one campaign would each spend its whole budget. */
function overlaps(scopes: readonly PlanScope[]): PlanFault[] {
  const faults: PlanFault[] = [];
  const names = new Set<string>();
  const owners = new Map<string, string>();
  const whole = scopes.find(({ campaign_ids: ids }) => ids === 'all');
  scopes.forEach((scope, index) => {
    if (names.has(scope.scope_id)) {
      faults.push({ pointer: `/scopes/${index}/scope_id`, detail: 'names an earlier scope' });
    }
    names.add(scope.scope_id);
    const pointer = `/scopes/${index}/campaign_ids`;
    if (whole && whole !== scope) {
      faults.push({ pointer, detail: `overlaps scope ${whole.scope_id}, which has all campaigns` });
      return;
    }
    for (const campaign of scope.campaign_ids === 'all' ? [] : scope.campaign_ids) {
      const owner = owners.get(campaign);
      if (owner !== undefined) {
        faults.push({ pointer, detail: `campaign ${campaign} is in scope ${owner} already` });
      }
      owners.set(campaign, scope.scope_id);
    }
  });
  return faults;
}

function fractions(pointer: string, amount: number | undefined, currency: string): PlanFault[] {
  if (amount === undefined || isWholeMinor(amount, currency)) return [];
  const detail = `must be a multiple of ${1 / currencyOffset(currency)} ${currency}`;
  return [{ pointer, detail }];
}
