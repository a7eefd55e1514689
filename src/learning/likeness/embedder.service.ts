// Texts to vectors: the embedded default, or any OpenAI-compatible embeddings endpoint. Vectors of
// two embedders cannot be compared, so the name goes into the index.
import { Injectable } from '@nestjs/common';
import { Config, Log } from '../../shared/index.js';
import { textVector, unit } from './text-vector.js';

/** An embedding that takes longer is dearer than the look-up it may save. */
const ENDPOINT_MILLIS = 2000;
/** After a failure it is left alone for so long: an allocation asks of every new ad. */
const REST_MILLIS = 30_000;

@Injectable()
export class Embedder {
  readonly name: string;
  readonly isLocal: boolean;
  private restUntil = 0;
  /** Questions to the endpoint that failed, and those not asked because it rests. */
  errors = 0;

  constructor(
    private readonly config: Config,
    private readonly log: Log,
  ) {
    const { embeddingsUrl, embeddingsModel } = config;
    this.isLocal = embeddingsUrl === null;
    this.name = embeddingsUrl === null ? 'local-1' : `${embeddingsUrl} ${embeddingsModel}`;
  }

  /**
   * By text; what is missing has no vector now. The endpoint is asked for all of them at once: one
   * after another, a slow one would hold an allocation up for as many seconds as it has new texts.
   */
  async vectors(texts: readonly string[]): Promise<Map<string, Float32Array>> {
    const asked = [...new Set(texts)].filter((text) => text.trim() !== '');
    if (this.isLocal) return new Map(asked.map((text) => [text, textVector(text)]));
    if (asked.length === 0) return new Map();
    try {
      if (performance.now() < this.restUntil) throw new Error('the embeddings endpoint rests');
      return await this.fromEndpoint(asked);
    } catch (error) {
      this.errors += 1;
      this.leaveAlone(error);
      return new Map();
    }
  }

  private leaveAlone(error: unknown): void {
    if (performance.now() < this.restUntil) return;
    this.restUntil = performance.now() + REST_MILLIS;
    this.log.root.warn({ err: error }, 'embeddings endpoint left alone; texts go without meaning');
  }

  private async fromEndpoint(texts: string[]): Promise<Map<string, Float32Array>> {
    const { embeddingsUrl, embeddingsModel, embeddingsApiKey } = this.config;
    const response = await fetch(`${embeddingsUrl?.replace(/\/$/, '')}/embeddings`, {
      method: 'POST',
      signal: AbortSignal.timeout(ENDPOINT_MILLIS),
      headers: {
        'content-type': 'application/json',
        ...(embeddingsApiKey === null ? {} : { authorization: `Bearer ${embeddingsApiKey}` }),
      },
      body: JSON.stringify({ model: embeddingsModel, input: texts }),
    });
    if (!response.ok) throw new Error(`the embeddings endpoint answered ${response.status}`);
    const body = (await response.json()) as Answer;
    if (!Array.isArray(body.data) || body.data.length !== texts.length) {
      throw new Error('the embeddings endpoint answered for another number of texts');
    }
    return new Map(
      body.data.map((item, place) => [textOf(texts, item?.index ?? place), vectorIn(item)]),
    );
  }
}

interface Answer {
  data?: (Item | null)[];
}

interface Item {
  index?: unknown;
  embedding?: unknown;
}

/** The answer names its places; the order is not promised. */
function textOf(texts: readonly string[], index: unknown): string {
  const text = typeof index === 'number' ? texts[index] : undefined;
  if (text === undefined) throw new Error('the embeddings endpoint answered for no text of ours');
  return text;
}

/** @throws where it is no vector: not finite as the numbers it is kept in, or of no length. */
function vectorIn(item: Item | null): Float32Array {
  const values: unknown = item?.embedding;
  if (Array.isArray(values) && values.every((value) => typeof value === 'number')) {
    const vector = unit(Float32Array.from(values));
    if (vector.some((value) => value !== 0) && vector.every(Number.isFinite)) return vector;
  }
  throw new Error('the embeddings endpoint answered in another shape');
}
