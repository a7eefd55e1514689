// Costly look-ups answered from memory: the exact question first, here and in Redis, then one that
// means the same and differs in nothing that matters. Money is never cached: what comes out of here
// are facts that decisions rest on, and a decision stores the facts it used.
import { Injectable } from '@nestjs/common';
import { createCache, type Cache } from 'cache-manager';
import { Keyv } from 'keyv';
import { Breather, Random, SeededRandom, freshSeed } from '../../shared/index.js';
import { mapped } from '../../shared/steps.js';
import { BoundedStore } from './bounded-store.js';
import { CacheFigures } from './cache-figures.js';
import { Embedder } from './embedder.service.js';
import { answerIn, type Answered, type Asked, type Call, type LookUp } from './look-up.js';
import type { Made, VectorOf } from './look-up.js';
import { keysOf, type Question, type QuestionKeys } from './question.js';
import { RedisTier } from './redis-tier.service.js';
import { SemanticIndex, type Indexed } from './semantic-index.js';
import { ShadowChecks } from './shadow-checks.service.js';
import { marksOf } from './text-marks.js';

/** About a kilobyte each: fifty megabytes at the most. */
const ENTRIES_MAX = 50_000;
const TTL_MILLIS = 6 * 3_600_000;
/** Entries made together do not end together. */
const TTL_JITTER = 0.1;
/** Chosen on precision: with the marks beside it, near-copies pass and rewordings do not. */
const SIMILARITY_MIN = 0.9;
/** Questions of one call that may be answered by meaning: a thousand new ones need not wait. */
const BY_MEANING_MAX = 100;
const AS_OBJECTS = { serialize: undefined, deserialize: undefined };

type Meaning = Omit<Indexed, 'key'> & { group: string };

@Injectable()
export class SemanticCache {
  private readonly store = new BoundedStore(ENTRIES_MAX);
  /** As objects: a string to be parsed at every hit would cost more than finding it. */
  private readonly memory: Cache = createCache({
    stores: [new Keyv({ store: this.store, useKeyPrefix: false, ...AS_OBJECTS })],
  });
  /**
   * Raised when a scope is dropped: what was computed before is then out of reach, and ages out.
   */
  private readonly generations = new Map<string, number>();
  private readonly index = new SemanticIndex(SIMILARITY_MIN);
  private readonly flights = new Map<string, Promise<Answered<unknown>>>();
  private readonly figures = new CacheFigures();
  private readonly random: Random = new SeededRandom(freshSeed());
  private readonly shadows = new ShadowChecks(this.figures, this.random);

  private readonly vectorOf: VectorOf = async (text) =>
    (await this.embedder.vectors([text])).get(text);

  constructor(
    private readonly redis: RedisTier,
    private readonly embedder: Embedder,
  ) {
    redis.onDrop((scope) => this.dropHere(scope));
  }

  /**
   * One computation per question at a time; an error of `compute` is the caller's, never cached.
   */
  async getOrCompute<T>(lookUp: LookUp<T>): Promise<Answered<T>> {
    const call: Call = { made: [], asksRedis: true, vectorOf: this.vectorOf };
    const answered = await this.answer(lookUp, keysOf(lookUp.question), call);
    this.tell(call.made);
    return answered;
  }

  /**
   * Many one after another, so that which of two is the model of the other is not chance. Redis is
   * asked once for all of them: one by one, a Redis of 50 ms would make an allocation last for
   * minutes.
   */
  async getOrComputeAll<T>(lookUps: readonly LookUp<T>[]): Promise<Answered<T>[]> {
    const breather = new Breather();
    const asked = await breather.through(
      mapped(lookUps, (lookUp) => ({ lookUp, keys: keysOf(lookUp.question) })),
    );
    await this.fetchShared(asked);
    const vectorOf = this.embedder.isLocal ? this.vectorOf : await this.vectorsTogether(asked);
    const answers: Answered<T>[] = [];
    const call: Call = { made: [], asksRedis: false, vectorOf };
    let byMeaning = 0;
    for (const { lookUp, keys } of asked) {
      const meaning = byMeaning < BY_MEANING_MAX ? lookUp.meaning : 'teach';
      const answered = await this.answer({ ...lookUp, meaning }, keys, call);
      if (meaning !== 'teach' && answered.cache !== 'exact') byMeaning += 1;
      answers.push(answered);
      if (breather.isDue) await breather.rest();
    }
    this.tell(call.made);
    return answers;
  }

  /** Forgets everything of a scope, here and in every process. */
  async dropScope(scope: string): Promise<void> {
    this.dropHere(scope);
    await this.redis.dropScope(scope);
  }

  /** The figures of one scope; null = of all of them together. */
  report(scope: string | null = null) {
    return {
      ...this.figures.total(scope),
      entries: scope === null ? this.store.size : this.store.countOf(`${scope} `),
      errors: this.redis.errors + this.embedder.errors,
      redis: this.redis.isConfigured,
      similarity: this.embedder.name,
      by_kind: this.figures.byKind(scope),
    };
  }

  /** Waits for the recomputations under way; for tests and an orderly end. */
  async settled(): Promise<void> {
    await this.shadows.settled();
  }

  private async answer<T>(lookUp: LookUp<T>, keys: QuestionKeys, call: Call): Promise<Answered<T>> {
    const key = this.keyHere(lookUp.question, keys);
    const known = await this.memory.get<{ value: T }>(key);
    if (known !== undefined) return this.hit(lookUp, known.value, 'exact');
    const flying = this.flights.get(key) as Promise<Answered<T>> | undefined;
    if (flying) return this.hit(lookUp, (await flying).value, 'exact');
    const flight = this.seek(key, keys, lookUp, call);
    this.flights.set(key, flight);
    try {
      return await flight;
    } finally {
      this.flights.delete(key);
    }
  }

  /** What other processes found, into the memory of this one. */
  private async fetchShared<T>(asked: readonly Asked<T>[]): Promise<void> {
    if (!this.redis.isConfigured) return;
    const unknown = this.unknownOf(asked);
    const found = await this.redis.getMany(unknown.map(({ keys }) => keys.exact));
    for (const [index, { lookUp, keys }] of unknown.entries()) {
      const shared = answerIn(found[index], lookUp);
      if (shared) await this.keepHere(this.keyHere(lookUp.question, keys), shared.value);
    }
  }

  private unknownOf<T>(asked: readonly Asked<T>[]): Asked<T>[] {
    return asked.filter(({ lookUp, keys }) => !this.store.has(this.keyHere(lookUp.question, keys)));
  }

  /** One call of the endpoint for all texts that may be answered by meaning. */
  private async vectorsTogether<T>(asked: readonly Asked<T>[]): Promise<VectorOf> {
    const texts = this.unknownOf(asked)
      .filter(({ lookUp }) => lookUp.meaning !== 'teach')
      .flatMap(({ lookUp }) => lookUp.question.text ?? [])
      .slice(0, BY_MEANING_MAX);
    const vectors = await this.embedder.vectors(texts);
    return (text) => Promise.resolve(vectors.get(text));
  }

  private async seek<T>(
    key: string,
    keys: QuestionKeys,
    lookUp: LookUp<T>,
    { made, asksRedis, vectorOf }: Call,
  ): Promise<Answered<T>> {
    const { question, compute } = lookUp;
    const shared = asksRedis && answerIn(await this.redis.get(keys.exact), lookUp);
    if (shared) {
      await this.keepHere(key, shared.value);
      return this.hit(lookUp, shared.value, 'exact');
    }
    const asks = lookUp.meaning !== 'teach';
    // Teaching is free with the built-in vectors; of an endpoint each would be a call.
    const meaning =
      asks || this.embedder.isLocal ? await this.meaningOf(question, keys, vectorOf) : null;
    const near = meaning && asks && (await this.nearValue<T>(meaning));
    if (near) {
      const ttlMillis = await this.keepHere(key, near.value);
      made.push({ here: key, question, keys, value: near.value, ttlMillis });
      return this.hit(lookUp, near.value, 'semantic');
    }
    const value = await compute();
    made.push({ here: key, question, keys, value, ttlMillis: await this.keepHere(key, value) });
    // Only what was computed is a model for others: copies of copies would drift.
    if (meaning) this.index.add(meaning.group, question.scope, { key, ...meaning });
    this.figures.count(question, 'miss');
    return { value, cache: 'miss' };
  }

  private hit<T>(lookUp: LookUp<T>, value: T, cache: 'exact' | 'semantic'): Answered<T> {
    this.figures.count(lookUp.question, cache);
    this.shadows.perhaps(lookUp, value);
    return { value, cache };
  }

  private async meaningOf(
    { text }: Question,
    keys: QuestionKeys,
    vectorOf: VectorOf,
  ): Promise<Meaning | null> {
    const vector = text === undefined ? undefined : await vectorOf(text);
    if (text === undefined || vector === undefined) return null;
    return { group: `${keys.group} ${this.embedder.name}`, vector, marks: marksOf(text) };
  }

  private async nearValue<T>({ group, vector, marks }: Meaning): Promise<{ value: T } | null> {
    const near = this.index.nearest(group, vector, marks);
    if (!near) return null;
    const kept = await this.memory.get<{ value: T }>(near.key);
    if (kept === undefined) this.index.forget(group, near.key);
    return kept ?? null;
  }

  /**
   * The other processes hear of it without being waited for, but not of what a drop has overtaken.
   */
  private tell(made: readonly Made[]): void {
    const entries = made
      .filter(({ here, question, keys }) => here === this.keyHere(question, keys))
      .map(({ question, keys, value, ttlMillis }) => ({
        ...{ key: keys.exact, scope: question.scope, value: { value }, ttlMillis },
      }));
    void this.redis.keep(entries);
  }

  private async keepHere(key: string, value: unknown): Promise<number> {
    const ttl = TTL_MILLIS * (1 + TTL_JITTER * (2 * this.random.uniform() - 1));
    await this.memory.set(key, { value }, ttl);
    return ttl;
  }

  private keyHere({ scope }: Question, { exact }: QuestionKeys): string {
    return `${scope} ${this.generations.get(scope) ?? 0}/${exact}`;
  }

  private dropHere(scope: string): void {
    this.generations.set(scope, (this.generations.get(scope) ?? 0) + 1);
    this.index.dropScope(scope);
  }
}
