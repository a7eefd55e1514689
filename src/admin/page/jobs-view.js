// The jobs: when they run, how the last run went, and a button to run one now.
import { el, notKnown, table } from './dom.js';
import { words } from './format.js';
import { runChip } from './loop-view.js';
import { ago } from './times.js';

export function jobsTable(jobs, { running, onRun }) {
  const columns = [
    { title: 'Job', cell: (job) => el('span', { class: 'name' }, job.name) },
    { title: 'Runs', cell: (job) => job.schedule },
    { title: 'Next', cell: (job) => ago(job.next_run_at, 'server', 'by hand only') },
    { title: 'Last run', cell: lastRun, wide: true },
    { title: 'Now', cell: (job) => button(job, running, onRun) },
  ];
  return table(captionOf(jobs), columns, jobs, (job) => job.name);
}

function captionOf(jobs) {
  return jobs.some((job) => job.next_run_at !== null)
    ? 'They run by themselves; a run by hand takes the same road.'
    : 'Nothing starts by itself on this server (CRON_ENABLED=false): run jobs by hand.';
}

function lastRun({ last_run: run }) {
  if (run === null) return notKnown('has not run yet');
  const told = run.error ?? run.skip_reason ?? countsInWords(run.counts);
  return [
    runChip(run),
    ' ',
    ago(run.finished_at ?? run.started_at, 'server'),
    el('span', { class: run.error === null ? 'small block' : 'problem block' }, told),
  ];
}

/** Counts of nothing are left out, unless there is nothing else to say. */
export function countsInWords(counts) {
  if (counts.nothing_due === true) return 'nothing was due';
  const told = Object.entries(counts).filter(([, value]) => value !== 0 && value !== false);
  return told.map(([name, value]) => `${words(name)} ${value}`).join(', ') || 'nothing to do';
}

function button(job, running, onRun) {
  const isRunning = job.running || running.has(job.name);
  return el(
    'button',
    {
      class: 'quiet',
      type: 'button',
      disabled: isRunning,
      'data-focus': `run-${job.name}`,
      'aria-label': `Run the ${job.name} job now`,
      onclick: () => onRun(job.name),
    },
    isRunning ? 'Running…' : 'Run now',
  );
}
