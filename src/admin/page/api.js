// Speaking to the server. The token arrives in the fragment of the address (which browsers keep to
// themselves), leaves the address bar at once and lives as long as the tab.

const TOKEN_KEY = 'loopgain.token';
/** Enough for any house that one page can show; the rest is told, not loaded. */
const ACCOUNTS_MAX = 1000;

export class ApiError extends Error {
  constructor(status, detail, code) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

/** Moves a token from the address into the tab's storage. Returns whether there was one. */
export function adoptTokenFromAddress() {
  const token = new URLSearchParams(window.location.hash.slice(1)).get('token');
  if (!token) return false;
  const { pathname, search } = window.location;
  window.history.replaceState(null, '', pathname + search);
  // A link from anywhere must not sign somebody in as somebody else without a word.
  const isOther = hasToken() && window.sessionStorage.getItem(TOKEN_KEY) !== token;
  if (isOther && !window.confirm('The link carries another token. Sign in with it instead?')) {
    return false;
  }
  setToken(token);
  return true;
}

export function setToken(token) {
  window.sessionStorage.setItem(TOKEN_KEY, token);
}

export function hasToken() {
  return window.sessionStorage.getItem(TOKEN_KEY) !== null;
}

export function forgetToken() {
  window.sessionStorage.removeItem(TOKEN_KEY);
}

async function request(method, path, body) {
  const token = window.sessionStorage.getItem(TOKEN_KEY) ?? '';
  const headers = { authorization: `Bearer ${token}` };
  if (body !== undefined) headers['content-type'] = 'application/json';
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
    });
  } catch {
    throw new ApiError(0, 'The server does not answer. Is it still running?', 'network');
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const detail = answer?.detail ?? `The server answered with status ${response.status}.`;
  throw new ApiError(response.status, detail, answer?.code ?? 'unknown');
}

const query = (values) => new URLSearchParams(values).toString();

export async function listAccounts() {
  const accounts = [];
  let cursor = null;
  do {
    const page = await request(
      'GET',
      `/v1/accounts?${query({ limit: 200, ...(cursor && { cursor }) })}`,
    );
    accounts.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null && accounts.length < ACCOUNTS_MAX);
  return accounts;
}

export const readLoop = (id) => request('GET', `/admin/loop?${query({ account_id: id })}`);
export const readAds = (id, limit) => request('GET', `/v1/ads?${query({ account_id: id, limit })}`);
/** What was read of a decision by its id: its answer never changes. */
const answers = new Map();
const ANSWERS_MAX = 20;

async function readDecision(accountId, decisionId) {
  const key = JSON.stringify([accountId, decisionId]);
  const known = answers.get(key);
  if (known) return known;
  const path = `/v1/sampling/decisions/${encodeURIComponent(decisionId)}`;
  const answer = await request('GET', `${path}?${query({ account_id: accountId, inputs: false })}`);
  answers.set(key, answer);
  for (const oldest of answers.keys()) {
    if (answers.size <= ANSWERS_MAX) break;
    answers.delete(oldest);
  }
  return answer;
}

/** The latest decisions; those that are open with what each ad is to get. */
export async function readDecisions(id, isOpen) {
  const path = `/v1/sampling/decisions?${query({ account_id: id, limit: 5 })}`;
  const { items } = await request('GET', path);
  return {
    items: await Promise.all(
      items.map(async (item, index) => {
        if (!isOpen(item.decision_id, index)) return item;
        const { recommendations, left_out } = await readDecision(id, item.decision_id);
        return { ...item, recommendations, left_out };
      }),
    ),
  };
}

export const readChanges = (id, limit) =>
  request('GET', `/v1/execution/changes?${query({ account_id: id, limit })}`);
export const readJobs = () => request('GET', '/admin/jobs');

export const advanceDay = (id) =>
  request('POST', `/admin/sandbox/${encodeURIComponent(id)}/advance`, { hours: 24, turn: true });
export const runJob = (name) =>
  request('POST', `/admin/jobs/${encodeURIComponent(name)}/run?wait=true`);
export const switchExecution = (pause) =>
  request('POST', `/v1/execution/${pause ? 'pause' : 'resume'}`);
