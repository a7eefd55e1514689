// The batch endpoint: up to 50 independent calls, carried out in any order, answered in theirs.
// What can go wrong with a single call can go wrong with an item, and an item may simply come back
// null.
import { createHash } from 'node:crypto';
import { dependenciesOf, isOmitted, resolved, type NamedItem } from './fake-graph-dependencies.js';
import { errorReply, type GraphReply } from './fake-graph-errors.js';
import type { CallKind, Fault } from './fake-graph-faults.js';
import type { GraphCall } from './fake-graph-routes.js';
import type { FakeGraphServer } from './fake-graph-server.js';
import { isValidation } from './fake-graph-world.js';

const ITEMS_MAX = 50;
const NO_OP: GraphReply = { status: 200, body: { success: true } };

interface Item extends NamedItem {
  method?: string;
  headers?: { name: string; value: string }[];
}

/** Faults that replace the answer; the others only come late, in drops, or before the next call. */
type Spoiling = Exclude<Fault, { kind: 'delay' | 'drip' | 'outside_edit' }>;

export function isSpoiling(fault: Fault): fault is Spoiling {
  return !['delay', 'drip', 'outside_edit'].includes(fault.kind);
}

/** What a faulty call gets; null = the connection is cut, or the item stays without an answer. */
export function spoiled(fault: Spoiling, act: () => GraphReply | null): GraphReply | null {
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
  const posts = items.filter(({ method }) => method === 'POST');
  server.world.noteBatch(posts.map((item) => callOf(item, call).path));
  const replies: (GraphReply | null)[] = items.map(() => null);
  const answers = new Map<string, GraphReply>();
  const waiting = new Set(server.world.shuffled(items.length));
  // Whoever waits for nobody runs in any order; the others follow those they wait for.
  for (let ran = true; ran;) {
    ran = false;
    for (const index of waiting) {
      const item = items[index] ?? {};
      if (dependenciesOf(item).some((name) => !answers.has(name))) continue;
      waiting.delete(index);
      ran = true;
      const reply = answerItem(callOf(resolved(item, answers), call), item, server);
      if (reply && reply.status < 300 && item.name !== undefined) answers.set(item.name, reply);
      replies[index] = reply && reply.status < 300 && isOmitted(item, items) ? null : reply;
    }
  }
  const withHeaders = call.fields['include_headers'] !== 'false';
  return { status: 200, body: replies.map((reply) => shownItem(reply, withHeaders)) };
}

function answerItem(call: GraphCall, item: Item, server: FakeGraphServer): GraphReply | null {
  const fault = server.faults.take(kindOf(call));
  const act = () => unlessKnown(server.scored(call), item);
  const reply = fault && isSpoiling(fault) ? spoiled(fault, act) : act();
  if (fault?.kind === 'outside_edit') server.world.editIfThere(call.path, fault.change);
  return reply;
}

/** 304 without a body for a reader that has this very answer already. */
function unlessKnown(reply: GraphReply, { method, headers = [] }: Item): GraphReply {
  const tag = `"${createHash('md5').update(JSON.stringify(reply.body)).digest('hex')}"`;
  const known = headers.find(({ name }) => name.toLowerCase() === 'if-none-match')?.value;
  const tagged = { ...reply, headers: { ...reply.headers, ETag: tag } };
  if (method !== 'GET' && method !== undefined) return reply;
  return known === tag ? { ...tagged, status: 304, body: null } : tagged;
}

function shownItem(reply: GraphReply | null, withHeaders: boolean): object | null {
  if (reply === null) return null;
  const { status: code, body } = reply;
  const text = typeof body === 'string' || body === null ? body : JSON.stringify(body);
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
