// What was, or will be, changed on the platform: before, wanted, after, and why.
import { chip, el, notKnown, table } from './dom.js';
import { money, words } from './format.js';
import { ago } from './times.js';

const TONES = {
  completed: 'good',
  awaiting_approval: 'warn',
  unknown: 'warn',
  blocked: 'warn',
  failed: 'bad',
  dead: 'bad',
};

export function changesTable({ items, next_cursor: more }, { currency, nameOf, showMore }) {
  if (items.length === 0) return el('p', { class: 'empty' }, 'No changes yet.');
  const value = (raw, unknown) => {
    if (raw === null || raw === undefined) return notKnown(unknown);
    return typeof raw === 'number' ? money(raw, currency) : raw;
  };
  const columns = [
    { title: 'Ad', cell: (change) => adName(nameOf(change.ad_id)), wide: true },
    { title: 'When', cell: when },
    { title: 'What', cell: (change) => change.change_type },
    {
      title: 'Before',
      cell: (change) => value(change.before?.value ?? change.current_value),
      number: true,
    },
    { title: 'Wanted', cell: (change) => value(change.requested_value), number: true },
    {
      title: 'After',
      cell: (change) => value(change.after?.value, 'not written'),
      number: true,
    },
    { title: 'Status', cell: (change) => chip(words(change.status), TONES[change.status]) },
    { title: 'Why', cell: (change) => why(change, currency), wide: true },
  ];
  return [
    table('Newest first.', columns, items, (change) => change.id),
    more === null
      ? null
      : el(
          'button',
          { class: 'quiet', type: 'button', 'data-focus': 'more-changes', onclick: showMore },
          'Show more changes',
        ),
  ];
}

function adName(name) {
  return el('span', { class: 'name' }, name);
}

/** The decision tells its reasons in full; here two lines do, until somebody unfolds them. */
function folded(text) {
  return el('details', { class: 'folded' }, el('summary', {}, text));
}

/** What took effect is told by the account's clock, what has not yet by the server's. */
function when(change) {
  return change.effective_at === null
    ? ago(change.created_at, 'server')
    : ago(change.effective_at, 'account');
}

function why(change, currency) {
  const held =
    change.status === 'pending' && change.blocked_by !== null
      ? ['Held by ', change.blocked_by, ', next try ', ago(change.not_before, 'server', 'soon')]
      : null;
  return [
    change.reason === null ? notKnown('no reason given') : folded(change.reason),
    change.detail === null ? null : el('span', { class: 'small block' }, change.detail),
    held === null ? null : el('span', { class: 'small block' }, held),
    el('span', { class: 'small block' }, `By ${change.requested_by}${atStake(change, currency)}`),
  ];
}

/** What a wrong raise can cost until the next decision; a cut costs no spend, and says nothing. */
function atStake({ worst_case_extra_spend: worst }, currency) {
  return worst
    ? `; if it is wrong, at most ${money(worst, currency)} more until the next decision`
    : '';
}
