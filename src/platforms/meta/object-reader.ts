// Reads objects whose kind their ids do not tell. A field that its kind of object lacks fails the
// whole read, so lists of fields are tried one after the other and the one that fitted is
// remembered.
import { PlatformError } from '../../shared/index.js';
import type { GuardedState } from '../ads/ad-account.js';
import { BATCH_ITEMS_MAX, formEncode } from './graph-batch.js';
import type { GraphClient, GraphCredentials } from './graph-client.js';
import { GraphError } from './graph-errors.js';
import { toDeliveryFacts, toObjectState } from './meta-readings.js';

/**
 * Objects whose kind is remembered; a lost one costs two further reads, an unbounded map the
 * memory.
 */
const KINDS_MAX = 20_000;
/** What may stand in a path: an id with "/" or ".." would address another edge. */
const GRAPH_ID = /^[A-Za-z0-9_]{1,64}$/;

const PLAIN_FIELDS = [
  'status,daily_budget,lifetime_budget,bid_amount', // ad set
  'status,daily_budget,lifetime_budget', // campaign
  'status,bid_amount', // ad
] as const;
/**
 * What the guards ask beyond that; where a version or an account lacks a field, the plain ones do.
 */
const GUARD_FIELDS = [
  `${PLAIN_FIELDS[0]},effective_status,is_budget_schedule_enabled,learning_stage_info`,
  `${PLAIN_FIELDS[1]},effective_status,is_budget_schedule_enabled`,
  `${PLAIN_FIELDS[2]},effective_status`,
  ...PLAIN_FIELDS,
];

export class ObjectReader {
  private readonly knownKinds = new Map<string, number>();

  constructor(private readonly client: GraphClient) {}

  /** With what the guards ask; the failure of one object is its own. */
  async readAll(
    credentials: GraphCredentials,
    adIds: readonly string[],
  ): Promise<(GuardedState | PlatformError)[]> {
    const found = new Map<string, GuardedState | PlatformError>();
    const kinds = new Map(adIds.map((adId) => [adId, this.knownKinds.get(adId) ?? 0]));
    for (let left = [...kinds.keys()]; left.length > 0;) {
      const chunk = left.splice(0, BATCH_ITEMS_MAX);
      const replies = await this.ask(credentials, chunk, kinds);
      for (const [index, adId] of chunk.entries()) {
        const reply = replies[index];
        const kind = kinds.get(adId) ?? 0;
        if (isUnknownField(reply) && kind + 1 < GUARD_FIELDS.length) {
          kinds.set(adId, kind + 1);
          left.push(adId);
          continue;
        }
        if (reply && !(reply instanceof PlatformError)) remember(this.knownKinds, adId, kind);
        found.set(adId, guardedState(adId, reply));
      }
    }
    return adIds.map((adId) => found.get(adId) ?? guardedState(adId, undefined));
  }

  /** One object by a plain call, several by a batch. */
  private async ask(
    credentials: GraphCredentials,
    adIds: string[],
    kinds: ReadonlyMap<string, number>,
  ): Promise<({ body: unknown } | PlatformError)[]> {
    try {
      const wanted = adIds.map((adId) => ({
        path: objectPath(adId),
        fields: GUARD_FIELDS[kinds.get(adId) ?? 0] ?? '',
      }));
      const [only] = wanted;
      if (wanted.length === 1 && only) {
        return [await this.client.get(credentials, only.path, { fields: only.fields })];
      }
      return await this.client.batch(
        credentials,
        'read',
        wanted.map(({ path, fields }) => ({
          method: 'GET',
          relativeUrl: `${path}?${formEncode({ fields })}`,
        })),
      );
    } catch (failure) {
      if (!(failure instanceof PlatformError)) throw failure;
      return adIds.map(() => failure);
    }
  }
}

/** @throws PlatformError `invalid` for what is no id. */
function objectPath(adId: string): string {
  if (GRAPH_ID.test(adId)) return adId;
  throw new PlatformError('invalid', `${JSON.stringify(adId)} is not a Graph id`);
}

/**
 * An id with leading zeros is another id to us and perhaps the same object to Meta: what is written
 * goes to ids in one spelling only.
 * @throws PlatformError `invalid`
 */
export function writablePath(adId: string): string {
  if (/^[1-9][0-9]{0,31}$/.test(adId)) return adId;
  throw new PlatformError(
    'invalid',
    `${JSON.stringify(adId)} is not the id of an object of Meta's`,
  );
}

function guardedState(
  adId: string,
  reply: { body: unknown } | PlatformError | undefined,
): GuardedState | PlatformError {
  if (reply === undefined) return new PlatformError('transient', `Meta did not answer on ${adId}`);
  if (reply instanceof PlatformError) return reply;
  try {
    return { ...toObjectState(adId, reply.body), delivery: toDeliveryFacts(reply.body) };
  } catch (failure) {
    if (failure instanceof PlatformError) return failure;
    throw failure;
  }
}

function remember(kinds: Map<string, number>, adId: string, kind: number): void {
  if (kinds.size >= KINDS_MAX) kinds.clear();
  kinds.set(adId, kind);
}

/** Code 100 alone; with subcode 33 the object itself is missing or out of reach. */
function isUnknownField(failure: unknown): boolean {
  return (
    failure instanceof GraphError &&
    failure.verdict.code === 100 &&
    failure.verdict.subcode === null
  );
}
