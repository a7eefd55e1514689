// The loop as four stages: what is there, how fresh it is, what ran last, what is stuck.
import { chip, el, notKnown } from './dom.js';
import { count, words } from './format.js';
import { ago } from './times.js';

const STAGES = {
  measure: { title: 'Measure', line: 'What the ads bring', newest: 'Newest number' },
  believe: {
    title: 'Believe',
    line: 'What that says about each ad',
    newest: 'Newest evidence',
    withoutJob: 'Formed anew whenever it is read',
  },
  decide: {
    title: 'Decide',
    line: 'Where the money goes next',
    newest: 'Newest decision',
    withoutJob: 'Made when asked for',
  },
  execute: { title: 'Execute', line: 'Safe changes, read back', newest: 'Newest change' },
};

const LABELS = {
  active_ads: 'running',
  measured_ads: 'with numbers',
  readings_last_day: 'readings in 24 h',
  believed_ads: 'ads believed in',
  ads_with_conversions: 'with conversions',
  decisions_last_day: 'in the last 24 h',
  waiting_to_be_queued: 'to be queued',
  completed_last_day: 'done in 24 h',
  completed: 'done in all',
};
/** Told only when there are some: a wall of zeros hides the figures that matter. */
const ONLY_WHEN_ANY = ['under_way', 'in_doubt', 'refused', 'failed', 'waiting_to_be_queued'];

export function stageCards({ stages }) {
  return stages.map((stage) => {
    const { title, line, newest } = STAGES[stage.name];
    return el(
      'li',
      {
        class: `stage ${stage.stuck.length > 0 ? 'is-stuck' : 'is-well'}`,
        'data-stage': stage.name,
      },
      el('h3', {}, title),
      el('p', { class: 'small' }, line),
      figures(stage.counts),
      el('p', { class: 'fact' }, `${newest}: `, ago(stage.newest_at, 'account', 'none yet')),
      lastRun(stage),
      stuckList(stage.stuck),
    );
  });
}

function figures(counts) {
  const shown = Object.entries(counts).filter(
    ([name, value]) => value !== 0 || !ONLY_WHEN_ANY.includes(name),
  );
  return el(
    'dl',
    { class: 'figures' },
    shown.map(([name, value]) =>
      el(
        'div',
        { 'data-count': name },
        el('dt', {}, LABELS[name] ?? words(name)),
        el('dd', {}, count(value) ?? notKnown()),
      ),
    ),
  );
}

function lastRun({ name, job, last_run: run }) {
  if (job === null) return el('p', { class: 'fact' }, STAGES[name].withoutJob ?? 'Has no job');
  if (run === null) return el('p', { class: 'fact' }, 'Its job has not run yet');
  return el(
    'p',
    { class: 'fact' },
    `Job ${run.name} `,
    runChip(run),
    ' ',
    ago(run.finished_at ?? run.started_at, 'server'),
  );
}

const TONES = { succeeded: 'good', running: 'calm', skipped: 'warn', failed: 'bad' };

export function runChip(run) {
  return chip(run.status, TONES[run.status]);
}

function stuckList(stuck) {
  if (stuck.length === 0) return el('p', { class: 'well' }, '✓ Nothing is stuck');
  return el(
    'ul',
    { class: 'stuck' },
    stuck.map((item) =>
      el(
        'li',
        {},
        el('strong', {}, item.count > 1 ? `${item.what} (${count(item.count)})` : item.what),
        item.since === null ? null : [', since ', ago(item.since, item.clock)],
        el('span', { class: 'remedy' }, item.remedy),
      ),
    ),
  );
}
