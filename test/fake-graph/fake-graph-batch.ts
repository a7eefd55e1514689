// The batch endpoint: up to 50 independent calls, carried out in any order, answered in theirs. What
// can go wrong with a single call can go wrong with an item, and an item may simply come back null.
import { errorReply, type GraphReply } from './fake-graph-errors.js';
import type { CallKind, Fault } from './fake-graph-faults.js';
import type { GraphCall } from './fake-graph-routes.js';
import type { FakeGraphServer } from './fake-graph-server.js';
import { isValidation } from './fake-graph-world.js';

const ITEMS_MAX = 50;
const NO_OP: GraphReply = { status: 200, body: { success: true } };

interface Item {
  method?: string;
  relative_url?: string;
  body?: string;
}

/** What a faulty call gets; null = the connection is cut, or the item stays without an answer. */
export function spoiled(
  fault: Exclude<Fault, { kind: 'delay' }>,
  act: () => GraphReply | null,
): GraphReply | null {
  if (fault.kind !== 'silent_no_op' && fault.applied) act();
  if (fault.kind === 'silent_no_op') return NO_OP;
  if (fault.kind === 'reset') return null;
  if (fault.kind === 'service_unavailable') return { status: 200, body: 'Service Unavailable' };
  const { headers } = fault;
  if (fault.kind === 'raw') return { status: fault.status ?? 200, body: fault.text, headers };
  return { ...errorReply(fault.error, fault.status), headers };
}

export function kindOf(call: GraphCall): CallKind {
  if (call.method === 'GET') return 'read';
  if (!isBatch(call)) return isValidation(call.fields) ? 'validate' : 'write';
  return itemsOf(call).every(({ body }) => isValidation(fieldsOf(body))) ? 'validate' : 'batch';
}

export function isBatch({ method, path, fields }: GraphCall): boolean {
  return method === 'POST' && path === '' && fields['batch'] !== undefined;
}

function itemsOf(call: GraphCall): Item[] {
  return JSON.parse(call.fields['batch'] ?? '[]') as Item[];
}

function fieldsOf(body: string | undefined): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(body ?? ''));
}

export function answerBatch(call: GraphCall, server: FakeGraphServer): GraphReply {
  const items = itemsOf(call);
  if (items.length > ITEMS_MAX) {
    const message = `Too many requests in batch message. Maximum batch size is ${ITEMS_MAX}`;
    return errorReply({ code: 1, type: 'GraphBatchException', message });
  }
  const calls = items.map((item) => callOf(item, call));
  server.world.noteBatch(calls.filter(({ method }) => method === 'POST').map(({ path }) => path));
  const replies: (GraphReply | null)[] = [];
  for (const index of server.world.shuffled(calls.length)) {
    const one = calls[index];
    if (one) replies[index] = answerItem(one, server);
  }
  const withHeaders = call.fields['include_headers'] !== 'false';
  return { status: 200, body: replies.map((reply) => shownItem(reply, withHeaders)) };
}

function answerItem(call: GraphCall, server: FakeGraphServer): GraphReply | null {
  const fault = server.faults.take(kindOf(call));
  const act = () => server.scored(call);
  return fault && fault.kind !== 'delay' ? spoiled(fault, act) : act();
}

function shownItem(reply: GraphReply | null, withHeaders: boolean): object | null {
  if (reply === null) return null;
  const { status: code, body } = reply;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const given = { 'Content-Type': 'text/javascript; charset=UTF-8', ...reply.headers };
  const headers = Object.entries(given).map(([name, value]) => ({ name, value }));
  return withHeaders ? { code, headers, body: text } : { code, body: text };
}

/** An item's own token counts before the batch's. */
function callOf(item: Item, outer: GraphCall): GraphCall {
  const url = new URL(item.relative_url ?? '', `${outer.root}/`);
  const segments = (item.relative_url ?? '').split('?')[0]?.split('/') ?? [];
  const path = segments.filter((part) => part !== '' && !/^v\d+\.\d+$/.test(part)).join('/');
  const { access_token, appsecret_proof, ...fields } = {
    ...Object.fromEntries(url.searchParams),
    ...fieldsOf(item.body),
  };
  return {
    method: item.method ?? 'GET',
    path,
    fields,
    token: access_token ?? outer.token,
    proof: appsecret_proof ?? outer.proof,
    root: outer.root,
  };
}
