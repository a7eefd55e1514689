// The Conversions API of the fake Graph server: whole-batch refusal without naming the culprit, the
// baseline matching rule, and a ledger that counts *effective* conversions, after the 48 h dedup.
import { errorReply, missingObject, type GraphReply } from './fake-graph-errors.js';
import type { GraphCall, GraphRoute } from './fake-graph-routes.js';
import type { FakeGraphWorld } from './fake-graph-world.js';

export interface EffectiveEvent {
  pixelId: string;
  eventName: string;
  eventId: string;
  event: Record<string, unknown>;
  at: number;
  testEventCode: string | null;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DEDUP_MS = 48 * HOUR_MS;
const EVENTS_MAX = 1000;
const HASHED = 'em ph fn ln db ge ct st zp country f5first f5last fi dobd dobm doby'.split(' ');
const HASH = /^[0-9a-f]{64}(\..{8})?$/;
const SOURCES =
  'email website app phone_call chat physical_store system_generated business_messaging other'.split(
    ' ',
  );
const BROAD = [
  ['ct', 'country', 'st', 'zp', 'ge', 'client_user_agent'],
  ['db', 'client_user_agent'],
  ['fn', 'ge'],
  ['ln', 'ge'],
];

export class FakeCapi {
  /** What counts at Meta, each once. */
  readonly effective: EffectiveEvent[] = [];
  /** Every event that was taken, repetitions included. */
  received = 0;
  calls = 0;
  /** Also refuse what the documents demand and Meta does not always check. */
  isStrict = true;
  /** Event ids that Meta refuses for a reason of its own, with its words. */
  readonly poison = new Map<string, string>();
  private readonly seen = new Map<string, number>();

  constructor(readonly pixels: Set<string>) {}

  readonly route: GraphRoute = (call, world) => {
    const pixelId = /^(\w+)\/events$/.exec(call.path)?.[1];
    if (call.method !== 'POST' || pixelId === undefined) return null;
    this.calls += 1;
    if (!this.pixels.has(pixelId)) return missingObject(pixelId);
    return this.take(pixelId, call, world);
  };

  private take(pixelId: string, call: GraphCall, world: FakeGraphWorld): GraphReply {
    const events = eventsOf(call.fields['data']);
    if (events === null || events.length === 0) return refusal(null, 'data must be a JSON array');
    if (events.length > EVENTS_MAX) return refusal(2804019, 'Too many events');
    for (const event of events) {
      const words = this.poison.get(String(event['event_id']));
      if (words !== undefined) return refusal(2804016, words);
      const fault = this.faultOf(event, world.now());
      if (fault) return refusal(fault.subcode, fault.words);
    }
    for (const event of events) this.count(pixelId, event, call, world.now());
    this.received += events.length;
    const body = { events_received: events.length, messages: [], fbtrace_id: 'AcapiTrace' };
    return { status: 200, body };
  }

  private count(
    pixelId: string,
    event: Record<string, unknown>,
    call: GraphCall,
    at: number,
  ): void {
    const [eventName, eventId] = [String(event['event_name']), String(event['event_id'])];
    const key = JSON.stringify([pixelId, eventName, eventId]);
    const last = this.seen.get(key);
    if (last !== undefined && at - last < DEDUP_MS) return;
    this.seen.set(key, at);
    const testEventCode = call.fields['test_event_code'] ?? null;
    this.effective.push({ pixelId, eventName, eventId, event, at, testEventCode });
  }

  private faultOf(
    event: Record<string, unknown>,
    now: number,
  ): { subcode: number; words: string } | null {
    const { event_name: name, event_time: time, action_source: source } = event;
    if (typeof name !== 'string' || name === '') return bad(2804007, 'event_name is missing');
    if (typeof time !== 'number' || !Number.isInteger(time)) {
      return bad(2804004, 'event_time is not a Unix time in seconds');
    }
    const days = source === 'physical_store' ? 62 : 7;
    if (time * 1000 < now - days * DAY_MS) return bad(2804003, 'Event timestamp too old');
    if (time * 1000 > now + HOUR_MS) return bad(2804003, 'Event timestamp in the future');
    if (!SOURCES.includes(String(source))) return bad(2804008, 'action_source is not valid');
    const userData = (event['user_data'] ?? {}) as Record<string, unknown>;
    const custom = (event['custom_data'] ?? {}) as Record<string, unknown>;
    if (name === 'Purchase' && (custom['value'] === undefined || !custom['currency'])) {
      return bad(2804009, 'Purchase needs value and currency');
    }
    if (this.isStrict && source === 'website') {
      if (!event['event_source_url'] || !userData['client_user_agent']) {
        return bad(2804010, 'website needs event_source_url and client_user_agent');
      }
    }
    return userDataFault(userData);
  }
}

function userDataFault(userData: Record<string, unknown>) {
  const keys = Object.keys(userData);
  if (keys.length === 0) return bad(2804050, 'user_data has no key');
  if (BROAD.some((broad) => keys.every((key) => broad.includes(key)))) {
    return bad(2804050, 'This combination of customer information is too broad');
  }
  for (const key of keys) {
    const values = [userData[key]].flat().map(String);
    if (HASHED.includes(key) && !values.every((value) => HASH.test(value))) {
      return bad(2804017, `${key} is not hashed`);
    }
    if (values.some((value) => value.includes('@'))) return bad(2804017, `${key} is not hashed`);
  }
  return null;
}

function bad(subcode: number, words: string) {
  return { subcode, words };
}

function refusal(subcode: number | null, words: string): GraphReply {
  return errorReply({
    code: 100,
    message: 'Invalid parameter',
    userTitle: 'Invalid event',
    userMessage: words,
    ...(subcode === null ? {} : { subcode }),
  });
}

/** An array of objects, or of JSON texts as Meta's Python library sends them. */
function eventsOf(data: string | undefined): Record<string, unknown>[] | null {
  try {
    const list = JSON.parse(data ?? '') as unknown;
    if (!Array.isArray(list)) return null;
    return list.map(
      (item: unknown) =>
        (typeof item === 'string' ? JSON.parse(item) : item) as Record<string, unknown>,
    );
  } catch {
    return null;
  }
}
