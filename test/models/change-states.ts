// The state machine of a change as a model: what the statements of the queue are checked against.
import type { ChangeState } from '../../src/execution/objects/change-states.js';

const NEXT: Readonly<Record<ChangeState, readonly ChangeState[]>> = {
  awaiting_approval: ['pending', 'cancelled', 'superseded'],
  pending: ['claimed', 'cancelled', 'superseded'],
  // Nothing has been sent yet: everything is still possible, and a lapsed claim costs nothing.
  claimed: [
    ...(['pending', 'executing', 'awaiting_approval', 'completed', 'blocked'] as const),
    ...(['failed', 'shadowed', 'cancelled', 'superseded'] as const),
  ],
  // The write may be out: from here on only an answer or a look at the object decides.
  executing: ['completed', 'failed', 'unknown', 'pending', 'dead'],
  unknown: ['completed', 'pending', 'blocked', 'failed', 'dead'],
  completed: [],
  blocked: [],
  failed: [],
  dead: [],
  cancelled: [],
  superseded: [],
  shadowed: [],
};

export function canBecome(from: ChangeState, to: ChangeState): boolean {
  return NEXT[from].includes(to);
}

export function isTerminal(state: ChangeState): boolean {
  return NEXT[state].length === 0;
}

export interface Held {
  status: ChangeState;
  fence: number;
  holder: string | null;
}

export type Step =
  | { by: string; step: 'claim' }
  | { by: string; fence: number; step: 'move'; to: ChangeState }
  | { step: 'lapse' };

/**
 * The rules of holding in one place, for the property test and the readers: a claim raises the
 * fence, a holder's move counts only under its own fence, a lapse frees what was not sent and makes
 * doubtful what may have been. Returns the row as it is afterwards; the same object = refused.
 */
export function afterStep(row: Held, step: Step): Held {
  if (step.step === 'claim') {
    if (row.status !== 'pending') return row;
    return { status: 'claimed', fence: row.fence + 1, holder: step.by };
  }
  const held = row.status === 'claimed' || row.status === 'executing';
  if (step.step === 'lapse') {
    if (!held) return row;
    const status = row.status === 'claimed' ? 'pending' : 'unknown';
    return { ...row, status, holder: null };
  }
  if (!held || row.holder !== step.by || row.fence !== step.fence) return row;
  if (!canBecome(row.status, step.to)) return row;
  return { ...row, status: step.to, holder: step.to === 'executing' ? row.holder : null };
}
