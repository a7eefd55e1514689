// The latest decisions: what each would move, why, and how sure it is.
import { chip, el, notKnown, table } from './dom.js';
import { change, money, plural, probability, significant, words } from './format.js';
import { ago } from './times.js';

/** So many moves are told at once; the rest unfolds. */
const MOVES_SHOWN = 6;
/** Thousands of rows would make the page slow and be read by nobody. */
const MOVES_MAX = 200;
const ACTION_TONES = { scale: 'good', reduce: 'warn', pause: 'bad', hold: 'calm' };

/** `isOpen(id)` and `onToggle(id, open)` keep what the reader has unfolded across refreshes. */
export function decisionList({ items }, { currency, nameOf, isOpen, onToggle }) {
  if (items.length === 0) {
    return el('p', { class: 'panel empty' }, 'No decisions yet.');
  }
  return items.map((decision, index) => {
    const details = el(
      'details',
      { class: 'panel decision', 'data-key': decision.decision_id },
      summary(decision, currency),
      facts(decision, currency),
      // Folded ones are known by their counts; the rest is read when somebody looks.
      decision.recommendations ? moves(decision, currency, nameOf) : null,
      decision.left_out ? leftOut(decision, nameOf) : null,
    );
    details.open = isOpen(decision.decision_id, index);
    // Not the toggle event: that one also tells of what the page itself unfolded.
    details.firstChild.addEventListener('click', () => {
      onToggle(decision.decision_id, !details.open);
    });
    return details;
  });
}

function summary(decision, currency) {
  const tally = ['scale', 'reduce', 'pause', 'hold'].flatMap((action) => {
    const size = decision.counts[action];
    return size === 0 ? [] : [chip(`${size} ${action}`, ACTION_TONES[action]), ' '];
  });
  return el(
    'summary',
    {},
    el('strong', {}, `${money(decision.total_budget, currency)} a day`),
    ' over ',
    plural(decision.counts.ads, 'ad'),
    ', ',
    ago(decision.as_of, 'account'),
    ' ',
    el('span', { class: 'tally' }, tally),
    el('span', { class: 'small' }, stateOf(decision)),
  );
}

function stateOf({ apply_requested_at: requested, queued_at: queued }) {
  if (requested === null) return 'advice only: not asked to be applied';
  return queued === null ? 'waits to be queued' : 'queued for execution';
}

function facts(decision, currency) {
  const { expected, unallocated, notes, policy, seed, value_unit: unit } = decision;
  // Where no revenue is known, conversions are counted instead of money.
  const inConversions = unit === 'conversions';
  const worth = (value) =>
    inConversions && value !== null ? significant(value) : money(value, currency);
  const before = expected.current_at_proposed_total ?? expected.current;
  return [
    el(
      'p',
      { class: 'fact' },
      `Expected ${inConversions ? 'conversions' : 'value'} a day: `,
      worth(before) ?? notKnown(),
      ' → ',
      el('strong', {}, worth(expected.proposed)),
      expected.p_better === null ? null : `; ${probability(expected.p_better)} likely to be better`,
      `. Policy ${words(policy)}, seed ${seed}.`,
    ),
    unallocated === null
      ? null
      : el(
          'p',
          { class: 'fact' },
          `${money(unallocated.amount, currency)} not placed: ${unallocated.reason}`,
        ),
    ...notes.map((note) => el('p', { class: 'fact' }, note)),
  ];
}

function moves(decision, currency, nameOf) {
  const all = [...decision.recommendations].sort((left, right) => sizeOf(right) - sizeOf(left));
  const first = movesTable(all.slice(0, MOVES_SHOWN), 'The largest moves first.', currency, nameOf);
  const rest = all.slice(MOVES_SHOWN);
  if (rest.length === 0) return first;
  const title = `The other ${plural(rest.length, 'ad')}`;
  return [
    first,
    el(
      'details',
      { class: 'rest' },
      el('summary', {}, title),
      movesTable(rest.slice(0, MOVES_MAX), restCaption(rest), currency, nameOf),
    ),
  ];
}

function restCaption(rest) {
  return rest.length > MOVES_MAX
    ? `The ${MOVES_MAX} largest of these; all are in the API's answer.`
    : 'Smaller moves.';
}

function movesTable(rows, caption, currency, nameOf) {
  const columns = [
    { title: 'Ad', cell: (move) => el('span', { class: 'name' }, nameOf(move.ad_id)), wide: true },
    { title: 'Action', cell: (move) => chip(move.action, ACTION_TONES[move.action]) },
    { title: 'Budget', cell: (move) => budgets(move, currency), number: true },
    { title: 'Change', cell: (move) => change(move.change_pct) ?? notKnown(), number: true },
    { title: 'Sure', cell: (move) => probability(move.confidence), number: true },
    { title: 'Reason', cell: (move) => move.reason, wide: true },
  ];
  return table(caption, columns, rows, (move) => move.ad_id);
}

function sizeOf(move) {
  return Math.abs(move.recommended_budget - (move.current_budget ?? 0));
}

function budgets({ current_budget: current, recommended_budget: recommended }, currency) {
  return [money(current, currency) ?? notKnown(), ' → ', money(recommended, currency)];
}

function leftOut({ left_out: items }, nameOf) {
  if (items.length === 0) return null;
  return el(
    'p',
    { class: 'fact' },
    'Left out: ',
    items.map(({ ad_id: id, reason }) => `${nameOf(id)} (${reason})`).join('; '),
  );
}
