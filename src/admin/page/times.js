// Relative times that stay true while the page is open. There are two clocks: the server's, and the
// account's own, which stands still between the days of a simulated account.
import { el, notKnown } from './dom.js';
import { instant, relative } from './format.js';

const clocks = { serverAhead: 0, account: null, timezone: 'UTC' };

/** Takes the clocks from an answer of /admin/loop. */
export function setClocks(loop) {
  clocks.serverAhead = Date.parse(loop.server_time) - Date.now();
  clocks.account = loop.simulated ? new Date(loop.clock) : null;
  clocks.timezone = loop.account.timezone;
}

function nowOn(clock) {
  const server = new Date(Date.now() + clocks.serverAhead);
  return clock === 'account' ? (clocks.account ?? server) : server;
}

/** A <time> that keeps itself up to date; `clock` is the one that the instant was read from. */
export function ago(iso, clock, unknown = 'never') {
  if (iso === null || iso === undefined) return notKnown(unknown);
  const at = new Date(iso);
  const text = relative(at, nowOn(clock));
  const title = instant(at, clocks.timezone);
  return el('time', { datetime: iso, title, 'data-clock': clock }, text);
}

export function absolute(value) {
  return instant(new Date(value), clocks.timezone);
}

export function refreshTimes() {
  for (const node of document.querySelectorAll('time[data-clock]')) {
    const text = relative(new Date(node.dateTime), nowOn(node.dataset.clock));
    if (node.textContent !== text) node.textContent = text;
  }
}
