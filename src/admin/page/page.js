// The page: which account is shown, loading it, and the buttons. Views only turn answers into nodes.
import * as api from './api.js';
import { adsTable } from './ads-view.js';
import { changesTable } from './changes-view.js';
import { decisionList } from './decisions-view.js';
import { byId, el, fill } from './dom.js';
import { plural } from './format.js';
import { countsInWords, jobsTable } from './jobs-view.js';
import { stageCards } from './loop-view.js';
import { announce, askForToken, fail } from './messages.js';
import { absolute, refreshTimes, setClocks } from './times.js';

const REFRESH_MILLIS = 30_000;
/** How many are shown at first; "more" doubles it up to what one page of the API holds. */
const FIRST_LIMITS = { ads: 50, changes: 10 };
const LIMIT_MAX = 200;

const state = {
  accounts: [],
  accountId: null,
  adNames: new Map(),
  limits: { ...FIRST_LIMITS },
  paused: false,
  busy: false,
  /** Counts loads, so that an answer that comes late for an account left behind is dropped. */
  load: 0,
  shown: new Map(),
  openDecisions: new Map(),
  runningJobs: new Set(),
};

async function open() {
  if (!api.hasToken()) return askForToken();
  try {
    state.accounts = await api.listAccounts();
  } catch (error) {
    return fail(error);
  }
  byId('sign-in').hidden = true;
  byId('token').value = '';
  byId('forget').hidden = false;
  if (state.accounts.length === 0) {
    return announce(
      'There is no account yet. Make one with POST /v1/accounts, see the API documents.',
    );
  }
  const wanted = new URLSearchParams(window.location.search).get('account');
  const ids = state.accounts.map((account) => account.account_id);
  showPicker(ids.includes(wanted) ? wanted : ids[0]);
  return refresh();
}

function showPicker(accountId) {
  state.accountId = accountId;
  state.limits = { ...FIRST_LIMITS };
  const options = state.accounts.map((account) => {
    const label = account.simulated && !/simulated/i.test(account.name) ? ' (simulated)' : '';
    return el('option', { value: account.account_id }, `${account.name}${label}`);
  });
  fill(byId('account'), options).value = accountId;
  byId('who').hidden = false;
  byId('main').hidden = false;
}

/** Loads everything; a part that fails says so in its own place. */
async function refresh() {
  const load = ++state.load;
  const id = state.accountId;
  const reads = [
    api.readLoop(id),
    api.readAds(id, state.limits.ads),
    api.readDecisions(id, unfolding.isOpen),
    api.readChanges(id, state.limits.changes),
    api.readJobs(),
  ];
  const [loop, ads, decisions, changes, jobs] = await Promise.allSettled(reads);
  if (load !== state.load) return;
  const refused = [loop, ads, decisions, changes, jobs].find(
    ({ reason }) => reason instanceof api.ApiError && [401, 403].includes(reason.status),
  );
  if (refused) return fail(refused.reason);
  if (loop.status === 'rejected') return fail(loop.reason);
  if (byId('announce').classList.contains('problem')) announce('');
  const { currency } = loop.value.account;
  showLoop(loop.value);
  if (ads.status === 'fulfilled') {
    state.adNames = new Map(ads.value.items.map((ad) => [ad.ad_id, ad.name ?? ad.ad_id]));
  }
  const nameOf = (adId) => state.adNames.get(adId) ?? adId;
  const names = [...state.adNames];
  show('ads', ads, [], (value) => adsTable(value, currency, () => showMore('ads')));
  show('decisions', decisions, names, (value) =>
    decisionList(value, { currency, nameOf, ...unfolding }),
  );
  show('changes', changes, names, (value) =>
    changesTable(value, { currency, nameOf, showMore: () => showMore('changes') }),
  );
  showJobs(jobs);
  refreshTimes();
}

function showLoop(loop) {
  setClocks(loop);
  state.paused = loop.execution.paused;
  document.body.classList.toggle('is-simulated', loop.simulated);
  byId('simulated').hidden = !loop.simulated;
  byId('day').hidden = !loop.simulated;
  const clock = absolute(loop.clock);
  fill(byId('clock'), loop.simulated ? `its clock: ${clock}` : clock);
  fill(byId('day-clock'), 'It is ', el('strong', {}, clock), ' in this simulated account.');
  const button = byId('switch');
  fill(button, state.paused ? 'Resume execution' : 'Pause execution');
  button.classList.toggle('is-paused', state.paused);
  button.hidden = false;
  show('stages', { status: 'fulfilled', value: loop.stages }, [], () => stageCards(loop));
}

/** Draws a part anew only when its data changed: a reader keeps place, selection and focus. */
function show(id, result, alsoFrom, draw) {
  if (result.status === 'rejected') {
    state.shown.delete(id);
    fill(byId(id), el('p', { class: 'problem' }, result.reason.message));
    return;
  }
  const key = JSON.stringify([state.accountId, result.value, alsoFrom]);
  if (state.shown.get(id) === key) return;
  const focused = document.activeElement?.dataset?.focus;
  state.shown.set(id, key);
  fill(byId(id), draw(result.value));
  if (focused) byId(id).querySelector(`[data-focus="${focused}"]`)?.focus();
}

function showJobs(jobs) {
  const options = { running: state.runningJobs, onRun: runJob };
  show('jobs', jobs, [...state.runningJobs], (value) => jobsTable(value, options));
}

/** The newest decision is open unless the reader closed it. */
const unfolding = {
  isOpen: (id, index) => state.openDecisions.get(id) ?? index === 0,
  onToggle: (id, isOpen) => {
    state.openDecisions.set(id, isOpen);
    // What each ad is to get is read for the open ones only.
    if (isOpen) void refresh();
  },
};

function showMore(list) {
  state.limits[list] = Math.min(LIMIT_MAX, state.limits[list] * 2);
  void refresh();
}

async function nextDay() {
  if (state.busy) return;
  state.busy = true;
  const button = byId('next-day');
  button.setAttribute('aria-disabled', 'true');
  byId('day-progress').hidden = false;
  fill(byId('day-step'), 'Deciding, carrying out, and letting 24 hours pass…');
  announce('A simulated day is passing.');
  try {
    announce(dayInWords(await api.advanceDay(state.accountId)));
    await refresh();
  } catch (error) {
    fail(error);
  } finally {
    state.busy = false;
    button.removeAttribute('aria-disabled');
    byId('day-progress').hidden = true;
  }
}

function dayInWords({ clock_after: after, decision_id: decision, execution, measured }) {
  const decided = decision === null ? 'No decision was due' : 'One decision was made';
  const done = execution === null ? '' : `; executor: ${countsInWords(execution.counts)}`;
  const read = `${plural(measured.snapshots, 'reading')} of ${plural(measured.ads, 'ad')}`;
  return `It is ${absolute(after)}. ${decided}${done}; ${read} came in.`;
}

async function runJob(name) {
  state.runningJobs.add(name);
  announce(`The ${name} job is running.`);
  await refresh();
  try {
    const run = await api.runJob(name);
    const told = run.error ?? run.skip_reason ?? countsInWords(run.counts);
    announce(`The ${name} job ${run.status}: ${told}.`, run.status === 'failed');
  } catch (error) {
    fail(error);
  }
  state.runningJobs.delete(name);
  if (api.hasToken()) await refresh();
}

async function toggleSwitch() {
  try {
    await api.switchExecution(!state.paused);
    announce(state.paused ? 'Execution goes on.' : 'Execution is paused: nothing is written.');
    await refresh();
  } catch (error) {
    fail(error);
  }
}

byId('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  api.setToken(byId('token').value.trim());
  void open();
});
byId('account').addEventListener('change', (event) => {
  showPicker(event.target.value);
  window.history.replaceState(null, '', `/?${new URLSearchParams({ account: state.accountId })}`);
  announce('');
  void refresh();
});
byId('next-day').addEventListener('click', () => void nextDay());
byId('switch').addEventListener('click', () => void toggleSwitch());
byId('forget').addEventListener('click', () => {
  api.forgetToken();
  askForToken();
});
// The printed address pasted into a tab that is open already changes the fragment only.
window.addEventListener('hashchange', () => {
  if (api.adoptTokenFromAddress()) void open();
});
window.setInterval(() => {
  refreshTimes();
  const isIdle = !state.busy && !byId('main').hidden && document.visibilityState === 'visible';
  if (isIdle) void refresh();
}, REFRESH_MILLIS);

api.adoptTokenFromAddress();
void open();
