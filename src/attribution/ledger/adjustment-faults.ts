// What keeps an adjustment from being taken, besides its shape: its time, and what its kind needs.
import { CLOCK_TOLERANCE_MILLIS } from '../../shared/history.js';
import type { ItemFault } from '../../shared/item-fault.js';
import { parseInstant } from '../../shared/time.js';
import type { NewAdjustment } from './adjustments.dto.js';

/** Time and content are judged both, so that one answer names both. */
export function adjustmentFault(item: NewAdjustment, oldest: Date, now: Date): ItemFault | null {
  const content = contentFault(item);
  const [first, ...more] = [
    ...adjustmentTimeFaults(item.occurred_at, oldest, now),
    ...(content === null ? [] : [{ code: 'adjustments.invalid', detail: content, field: '' }]),
  ];
  if (!first) return null;
  return { ...first, detail: [first, ...more].map(({ detail }) => detail).join('; ') };
}

export function adjustmentTimeFaults(
  occurred: string | undefined,
  oldest: Date,
  now: Date,
): ItemFault[] {
  const at = (occurred === undefined ? null : parseInstant(occurred)) ?? now;
  const field = '/occurred_at';
  if (at < oldest) {
    const detail = `${field} is older than conversions are kept`;
    return [{ code: 'adjustments.too_old', detail, field }];
  }
  if (at.getTime() <= now.getTime() + CLOCK_TOLERANCE_MILLIS) return [];
  return [{ code: 'adjustments.invalid', detail: `${field} lies in the future`, field }];
}

function contentFault(item: NewAdjustment): string | null {
  const named = [item.event_id, item.order_id, item.lead_id].filter((id) => id !== undefined);
  if (named.length !== 1) return 'give one of event_id, order_id and lead_id';
  if ((item.kind === 'stage') !== (item.stage !== undefined)) {
    return item.kind === 'stage' ? '/stage is required' : '/stage belongs to kind stage only';
  }
  if (item.kind === 'value' && item.value_delta === undefined) return '/value_delta is required';
  if ((item.kind === 'cancel' || item.kind === 'stage') && item.value_delta !== undefined) {
    return '/value_delta belongs to kind refund or value';
  }
  return null;
}
